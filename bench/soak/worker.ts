import { createWorker } from 'celeriac/worker'
import { app } from './app.ts'

export const handler = createWorker(app)
