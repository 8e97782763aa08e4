import { createApp } from 'celeriac'
import { createTestApp } from 'celeriac/testing'
import { z } from 'zod'
import { createInsight } from '../../shared/insight/insight.ts'

/** An app with a failing task, on the memory ports. */
export function shop() {
  const app = createApp({ name: 'shop', queues: { emails: { concurrency: 5 }, orders: {} } })
  const broken = { value: true }
  const send = app.task(
    'emails.send',
    { queue: 'emails', input: z.object({ to: z.string(), secret: z.string().optional() }), sensitive: ['secret'] },
    ({ to }) => ({ sent: to }),
  )
  const charge = app.task(
    'orders.charge',
    { queue: 'orders', input: z.object({ order: z.string(), amount: z.number().positive() }), retry: false },
    ({ order, amount }) => {
      if (broken.value && amount > 100) throw new TypeError(`Card of order '${order}' was refused`)
      return { charged: amount }
    },
  )
  const test = createTestApp(app, { startAt: new Date('2026-11-28T12:00:00Z') })
  const insight = createInsight(app.definition, app.ports())
  const lastHour = () => ({ from: test.now.getTime() - 3_600_000, to: test.now.getTime() + 1 })
  return { app, test, insight, broken, send, charge, lastHour }
}
