import { createApp } from 'celeriac'
import { createWorker } from 'celeriac/worker'

/** The smallest app there is. The benchmark enqueues with it, too. */
export const app = createApp({ name: 'cold', queues: { tasks: {} } })

export const nothing = app.task('nothing', {}, (input: { readonly text: string }) => input.text.length)

export const handler = createWorker(app)
