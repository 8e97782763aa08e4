import { createWorker } from 'celeriac/worker'
import { app } from '../examples/shop/tasks.ts'

/** The Lambda function of every queue. */
export const handler = createWorker(app)
