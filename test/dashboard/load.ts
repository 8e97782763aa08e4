import { createApp, type TaskContext } from 'celeriac'
import { z } from 'zod'

/** What went wrong at the payment provider. */
class StripeTimeoutError extends Error {
  override readonly name = 'StripeTimeoutError'
  readonly code = 'ETIMEDOUT'
}

/** A shop under load, one of whose tasks fails. */
export function loadedShop() {
  const app = createApp({
    name: 'shop',
    queues: {
      orders: { concurrency: 40 },
      emails: { concurrency: 100 },
      images: { concurrency: 20 },
      search: {},
      reports: { concurrency: 2 },
    },
  })
  const stripe = { isDown: true }
  const quick = { retry: { maxRetries: 2, delay: '200ms', maxDelay: '400ms' } } as const
  const charge = app.task(
    'orders.charge',
    {
      ...quick,
      queue: 'orders',
      input: z.object({
        orderId: z.string(),
        amount: z.number().positive(),
        currency: z.string(),
        customer: z.object({ id: z.string(), country: z.string() }),
        card: z.string(),
      }),
      sensitive: ['card'],
    },
    async ({ orderId, amount }, context: TaskContext) => {
      context.progress({ step: 'authorise' })
      if (stripe.isDown && amount > 100) {
        throw new StripeTimeoutError(`Request to api.stripe.com timed out after ${9_000 + (amount % 1_000)} ms`, {
          cause: new DOMException('This operation was aborted', 'AbortError'),
        })
      }
      return { charged: amount, orderId }
    },
  )
  const receipt = app.task('emails.receipt', { queue: 'emails' }, async ({ to }: { to: string }) => {
    await wait(2 + Math.random() * 40)
    return { messageId: `<${to}>` }
  })
  const deliver = app.task(
    'webhooks.deliver',
    { ...quick, queue: 'emails', retry: false },
    ({ url }: { url: string }): string => {
      throw new RangeError(`Endpoint ${url} is gone`)
    },
  )
  const index = app.task('search.index', { queue: 'search' }, async ({ id }: { id: number }) => {
    await wait(1 + Math.random() * 120)
    return id
  })
  const resize = app.task('images.resize', { queue: 'images' }, async ({ file }: { file: string }) => file)
  const report = app.task('reports.daily', { queue: 'reports' }, async ({ day }: { day: string }, context) => {
    for (let part = 0; part < 600 && !context.signal.aborted; part++) await wait(100)
    return day
  })
  return { app, stripe, charge, receipt, deliver, index, resize, report }
}

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

type Shop = ReturnType<typeof loadedShop>

/** Enqueues some of everything. */
export async function enqueueSome(shop: Shop, round: number): Promise<void> {
  const customer = { id: `cus_${round}`, country: 'FI' }
  await Promise.all([
    shop.receipt.delayMany(Array.from({ length: 40 }, (_, n) => ({ to: `user${round}-${n}@example.com` }))),
    shop.index.delayMany(Array.from({ length: 25 }, (_, n) => ({ id: round * 100 + n }))),
    shop.charge.delay({
      orderId: `ord_${round}`,
      amount: 12_990 + round,
      currency: 'EUR',
      customer,
      card: '4242424242424242',
    }),
    shop.charge.delayMany(
      Array.from({ length: 8 }, (_, n) => ({
        orderId: `ord_${round}_${n}`,
        amount: 50 + n,
        currency: 'EUR',
        customer,
        card: '4242424242424242',
      })),
    ),
    round % 3 === 0 ? shop.deliver.delay({ url: `https://example.com/hook/${round}` }) : undefined,
    round % 2 === 0 ? shop.resize.delay({ file: `picture-${round}.jpg` }) : undefined,
  ])
}
