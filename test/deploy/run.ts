/**
 * Deploys the probe app for real and checks Celeriac there, on every engine that is not skipped, or on what answers at AWS_ENDPOINT_URL.
 *
 *     npm run test:deploy -- [ministack] [localstack] [--skip localstack]
 *
 * One line per check; the last line is `<passed> passed, <failed> failed`. An engine that cannot be installed is a failure.
 */
import { chooseEngines } from '../../localstack/engines/catalogue.ts'
import type { Engine } from '../../localstack/engines/engine.ts'
import { awsEnvironment } from '../../localstack/engines/environment.ts'
import { Checks } from './checks.ts'
import { runScenario } from './run-scenario.ts'

const counts = { passed: 0, failed: 0 }
const given = process.env.AWS_ENDPOINT_URL

if (given === undefined) {
  await Promise.all(chooseEngines(process.argv.slice(2)).map(checkEngine))
} else {
  count(await runScenario('AWS_ENDPOINT_URL', awsEnvironment(given)))
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
  count(checks)
  if (running === undefined) return
  try {
    count(await runScenario(engine.name, awsEnvironment(running.endpoint)))
  } finally {
    await running.stop()
  }
}

function count({ passed, failed }: { readonly passed: number; readonly failed: number }): void {
  counts.passed += passed
  counts.failed += failed
}
