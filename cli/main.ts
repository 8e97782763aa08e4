#!/usr/bin/env node
import { nodeProblem } from './node-version.ts'

const problem = nodeProblem(process.versions.node)
if (problem === undefined) {
  // On Node 20 the SDK announces its plans for 2027 on stderr, which is for messages about this command.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'
  const [{ run }, { endWithReader, keepStdout }] = await Promise.all([import('./program.ts'), import('./stdout.ts')])
  endWithReader()
  process.exitCode = await run(process.argv.slice(2))
  // What the app still holds (a database's pool, a timer) would keep the process alive, and may print; what it flushes may take a moment.
  keepStdout()
  setTimeout(() => process.exit(), 1_000).unref()
} else {
  process.stderr.write(`celeriac: ${problem}\n`)
  process.exitCode = 1
}
