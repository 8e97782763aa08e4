import { createApp } from 'celeriac'

export const app = createApp({ name: 'soak', queues: { work: { concurrency: 4 } } })

/** As small as a task can be: what is measured is Celeriac. */
export const add = app.task('add', { queue: 'work' }, async ({ a, b }: { a: number; b: number }) => a + b)
