import { createWorker } from 'celeriac/worker'
import { makeApp } from './app.ts'

export const handler = createWorker(makeApp().app)
