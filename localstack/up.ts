/**
 * Installs an engine if need be and starts it in the background.
 *
 *     npx tsx localstack/up.ts [ministack|localstack] [--port 4566]
 */
import { parseArgs } from 'node:util'
import { chooseEngines } from './engines/catalogue.ts'
import { note, notedEngines } from './engines/running.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { port: { type: 'string', default: '4566' } },
})

const [engine] = chooseEngines(positionals.length > 0 ? positionals : ['ministack'], {})
const already = (await notedEngines()).find(({ name }) => name === engine?.name)
if (!engine) {
  throw new Error('--skip leaves no engine to start.')
} else if (already) {
  console.log(`${engine.name} runs already at ${already.endpoint}`)
} else {
  try {
    await engine.install((line) => console.log(line))
    const started = await engine.start({ port: Number(values.port), until: 'stopped' })
    await note(started)
    console.log(`${engine.summary}`)
    console.log(`  endpoint  ${started.endpoint}`)
    console.log(`  log       ${started.logFile}`)
    console.log(`  for other tools:  export AWS_ENDPOINT_URL=${started.endpoint} AWS_REGION=us-east-1 \\`)
    console.log('                           AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test')
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
