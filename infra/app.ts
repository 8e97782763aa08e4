/**
 * The example shop as a CDK app: `npx cdk deploy`.
 *
 *     -c stage=dev        a copy of its own beside others: stack, queues and table end in `-dev`
 *     -c removal=retain   queues and table stay when the stack goes (an example leaves nothing behind)
 */
import { fileURLToPath } from 'node:url'
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { TaskQueues } from 'celeriac/cdk'
import { app as shop } from '../examples/shop/tasks.ts'
import { defined } from './defined.ts'

const cdk = new App()
const stage: unknown = cdk.node.tryGetContext('stage')
const removal: unknown = cdk.node.tryGetContext('removal') ?? 'destroy'
if (stage !== undefined && typeof stage !== 'string') throw new Error('-c stage: expected a name, received none.')
if (removal !== 'destroy' && removal !== 'retain')
  throw new Error(`-c removal: expected destroy or retain, received ${String(removal)}.`)

const stack = new Stack(cdk, stage === undefined ? 'Shop' : `Shop-${stage}`, {
  description: 'The example app of celeriac: mails, pictures and parcels',
})
new TaskQueues(
  stack,
  'Tasks',
  defined({
    app: shop,
    stage,
    entry: fileURLToPath(new URL('../functions/worker.ts', import.meta.url)),
    removalPolicy: removal === 'destroy' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
  }),
)
