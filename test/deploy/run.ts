/**
 * Deploys the probe app for real and checks Celeriac there, on every engine that is not skipped, or on what answers at AWS_ENDPOINT_URL.
 *
 *     npm run test:deploy -- [ministack] [localstack] [--skip localstack]
 *
 * One line per check; the last line is `<passed> passed, <failed> failed`. An engine that cannot be installed is a failure.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { chooseEngines } from '../../localstack/catalogue.ts'
import type { Engine } from '../../localstack/engine.ts'
import { awsEnvironment } from '../../localstack/environment.ts'
import { Checks } from './checks.ts'

const scenario = fileURLToPath(new URL('scenario.ts', import.meta.url))
const countLine = /^(\d+) passed, (\d+) failed\n/m
const counts = { passed: 0, failed: 0 }
const given = process.env.AWS_ENDPOINT_URL

if (given === undefined) {
  await Promise.all(chooseEngines(process.argv.slice(2)).map(checkEngine))
} else {
  await runScenario(given, given)
}
console.log(`${counts.passed} passed, ${counts.failed} failed`)
process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1

/** Engines are checked side by side: most of the time is waiting, on two cores. */
async function checkEngine(engine: Engine): Promise<void> {
  const checks = new Checks(engine.name)
  const running = await checks.check(`${engine.summary}: installs, starts, answers`, async () => {
    await engine.install((line) => console.log(`        ${line}`))
    return engine.start()
  })
  counts.passed += checks.passed
  counts.failed += checks.failed
  if (running === undefined) return
  try {
    await runScenario(engine.name, running.endpoint)
  } finally {
    await running.stop()
  }
}

/** Passes the scenario's lines on and adds up what it counted. One that ends without a count has failed. */
async function runScenario(label: string, endpoint: string): Promise<void> {
  const child = spawn(process.execPath, ['--import', 'tsx', scenario, label], {
    env: { ...awsEnvironment(endpoint), AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  let text = ''
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    // Its own count is added to the others'; only the last line of this process counts all.
    process.stdout.write(chunk.replace(countLine, ''))
  })
  await new Promise((resolve) => child.once('close', resolve))
  const [, passed, failed] = countLine.exec(text) ?? []
  counts.passed += Number(passed ?? 0)
  counts.failed += Number(failed ?? 1)
}
