import { expect, test } from 'vitest'
import { createApp } from '../../shared/index.ts'
import { factsOf, planOf } from '../../shared/local/plan.ts'
import { concurrencyOf } from '../../shared/local/workers.ts'

const app = createApp({ name: 'shop', stage: 'dev', queues: { open: {}, three: { concurrency: 3, timeout: '60s' } } })
app.task('fire', { queue: 'three', ledger: 'off' }, async () => {})
const [open, three] = planOf(factsOf(app.definition)).queues

test('a plan has the names and times of AWS', () => {
  expect(three).toMatchObject({
    queue: 'three',
    queueName: 'shop-dev-three',
    deadQueueName: 'shop-dev-three-dead',
    // Six times the time-out: a task without a ledger runs here.
    visibilityMs: 360_000,
  })
  expect(open).toMatchObject({ visibilityMs: 90_000, maxReceiveCount: 1_000 })
  expect(planOf(factsOf(app.definition)).table).toBe('shop-dev')
})

test.each([
  ['the machine decides', open, undefined, 2, 2],
  ['one core still gets two', open, undefined, 1, 2],
  ['many cores get four', open, undefined, 64, 4],
  ['the queue limits the machine', three, undefined, 64, 3],
  ['the option says more', open, 20, 2, 20],
  ['the queue limits the option', three, 20, 2, 3],
  ['by queue', open, { open: 7 }, 2, 7],
  ['by queue, another one', open, { three: 1 }, 2, 2],
  ['never less than one', open, 0, 2, 1],
])('concurrency: %s', (_what, queue, option, cores, expected) => {
  if (queue === undefined) throw new Error('planned above')
  expect(concurrencyOf(queue, option, cores)).toBe(expected)
})
