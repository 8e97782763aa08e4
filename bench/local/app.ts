import { createApp } from 'celeriac'

/** Of one queue, for the parts that want many tasks at a time. */
export const concurrency = 4

/** A new one each time: an app is connected to one local cloud, and several run side by side. */
export function makeApp() {
  const app = createApp({ name: 'bench-local', queues: { tasks: { concurrency } } })
  /** As small as a task can be: what is measured is what is around it. */
  const add = app.task('add', {}, async ({ a, b }: { a: number; b: number }) => a + b)
  return { app, add }
}
