import { App, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { TaskQueues } from 'celeriac/cdk'
import { app } from './tasks.ts'

/**
 * The app of tasks.ts, in the version that `-c version=…` names. Leaves nothing behind: it holds nothing that anyone would miss. With
 * `-c account=…` the CDK refuses credentials of any other account.
 */
const cdk = new App()
const version = String(cdk.node.tryGetContext('version') ?? '1')
const account: unknown = cdk.node.tryGetContext('account')
const region = process.env.AWS_REGION ?? 'us-east-1'
const stack = new Stack(
  cdk,
  'CeleriacProbe',
  account === undefined ? {} : { env: { account: String(account), region } },
)
new TaskQueues(stack, 'Tasks', {
  app,
  entry: new URL('worker.ts', import.meta.url).pathname,
  workers: { environment: { DEPLOYED_VERSION: version } },
  removalPolicy: RemovalPolicy.DESTROY,
})
