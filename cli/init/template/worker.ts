import { createWorker } from 'celeriac/worker'
import { app } from './tasks.ts'

/** The Lambda handler, the same for every queue. */
export const handler = createWorker(app)
