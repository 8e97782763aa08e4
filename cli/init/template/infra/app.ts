import { App, Stack } from 'aws-cdk-lib'
import { TaskQueues } from 'celeriac/cdk'
import { app } from '../tasks.ts'

const stack = new Stack(new App(), 'MyApp')

/** The queues, their workers, the table, alarms and a dashboard. `tasks.grantEnqueue(fn, 'greetings')` lets another function enqueue. */
new TaskQueues(stack, 'Tasks', { app, entry: 'worker.ts' })
