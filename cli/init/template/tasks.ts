import { createApp } from 'celeriac'
import { z } from 'zod'

/** Producers, workers and the stack all read this. */
export const app = createApp({
  name: 'my-app',
  queues: {
    greetings: { timeout: '30s' },
  },
})

/** `greet.delay({ name: 'Ada' })` runs it on a worker. What throws is tried again, and ends in the dead-letter queue with its error. */
export const greet = app.task(
  'greet',
  {
    queue: 'greetings',
    input: z.object({ name: z.string().min(1) }),
    retry: { maxRetries: 3, delay: '10s' },
  },
  async ({ name }, ctx) => {
    ctx.log.info('greeting', { attempt: ctx.attempt })
    return `Hello ${name}`
  },
)
