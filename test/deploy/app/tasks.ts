import { createApp } from 'celeriac'
import { z } from 'zod'

/**
 * The app that is deployed. `DEPLOYED_VERSION` is set by the stack: the second deployment has another one, and the fix for a task that failed
 * under the first.
 */
const version = process.env.DEPLOYED_VERSION ?? 'none'

export const app = createApp({
  name: 'celeriac-probe',
  queues: {
    quick: { timeout: '10s', batchSize: 10 },
    // A crashed message comes back after time-out and 30 s: short, yet enough for a cold start on a busy machine. Alone in its batch, so that a
    // crash counts.
    crashing: { timeout: '10s', batchSize: 1 },
    slow: { timeout: '20s', batchSize: 5, concurrency: 2 },
  },
})

export const add = app.task(
  'add',
  { queue: 'quick', input: z.object({ a: z.number(), b: z.number() }) },
  async ({ a, b }) => ({ sum: a + b, version }),
)

/** Fails until its third attempt. */
export const stumble = app.task(
  'stumble',
  { queue: 'quick', retry: { maxRetries: 3, delay: '1s', backoff: 'none', jitter: false } },
  async (_: { readonly name: string }, context) => {
    if (context.attempt < 3) throw new RangeError(`not yet: attempt ${context.attempt}`)
    return context.attempt
  },
)

/** Has a fault that the second version does not have. */
export const faulty = app.task(
  'faulty',
  { queue: 'quick', retry: false },
  async (input: { readonly order: number }) => {
    if (version === '1') throw new TypeError('fixed in version 2')
    return { order: input.order, version }
  },
)

export const keyed = app.task(
  'keyed',
  {
    queue: 'quick',
    input: z.object({ order: z.number(), note: z.string().optional() }),
    idempotencyKey: ({ order }) => `order-${order}`,
  },
  async ({ order }, context) => ({ order, attempt: context.attempt }),
)

/** Ends its process in its first `crashes` attempts. */
export const crash = app.task(
  'crash',
  { queue: 'crashing', retry: { maxRetries: 3, delay: '1s', jitter: false } },
  async ({ crashes }: { readonly crashes: number }, context) => {
    if (context.attempt <= crashes) process.exit(1)
    return context.attempt
  },
)

/** Takes a while; tells which version ran it. */
export const linger = app.task('linger', { queue: 'slow' }, async ({ ms }: { readonly ms: number }, context) => {
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    context.signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(context.signal.reason)
    })
  })
  return version
})
