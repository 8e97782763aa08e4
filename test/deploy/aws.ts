/**
 * The checks of test:deploy in a real AWS account. Without --account it says what it would do, and does nothing.
 *
 *     npm run test:aws -- --account 123456789012 --region eu-central-1
 *
 * Credentials are those of the environment; the CDK refuses those of another account than the one named.
 */
import { parseArgs } from 'node:util'
import { app } from './app/tasks.ts'
import { runScenario } from './run-scenario.ts'

const { values } = parseArgs({ options: { account: { type: 'string' }, region: { type: 'string' } } })
const region = values.region ?? process.env.AWS_REGION
const queues = Object.keys(app.definition.queues)

console.log(`This test costs less than $0.05: some 10,000 SQS requests, 300 Lambda invocations, 5,000 DynamoDB writes.
It takes about fifteen minutes and creates, in account ${values.account ?? '(none named)'}, region ${region ?? '(none named)'}:
  stack CeleriacProbe   table ${app.prefix}; queues, dead-letter queues, functions, log groups and alarms of
                        ${queues.map((queue) => `${app.prefix}-${queue}`).join(', ')}; a dashboard; a parameter
  queues and tables     celeriac-probe-*, for seconds each
  stack CDKToolkit      if this account and region have never been bootstrapped; it stays
All but CDKToolkit is deleted at the end. Should the test be interrupted: aws cloudformation delete-stack --stack-name CeleriacProbe`)

if (values.account === undefined || !/^\d{12}$/.test(values.account) || region === undefined) {
  console.error('Nothing was done. To go on: --account <its 12 digits> and --region <region>, or AWS_REGION.')
  process.exitCode = 1
} else {
  const env = { ...process.env, AWS_REGION: region, CELERIAC_TEST_ACCOUNT: values.account }
  const { passed, failed } = await runScenario('aws', env)
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1
}
