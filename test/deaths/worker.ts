import { createWorker } from 'celeriac/worker'
import { app } from './tasks.ts'

export const handler = createWorker(app)
