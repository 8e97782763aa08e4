import { describe, expect, it } from 'vitest'
import { attentionOf, type QueueSituation } from '../../shared/core/attention.ts'

const now = Date.parse('2026-11-28T12:00:00Z')
const calm: QueueSituation = {
  queue: 'orders',
  waiting: 3,
  inFlight: 2,
  dead: 0,
  concurrency: 40,
  visibilityMs: 90_000,
  recent: { succeeded: 1_000, failed: 1, crashed: 0 },
  usualFailedShare: 0.002,
  finishedPerMinute: 100,
  arrivedPerMinute: 100,
}
const rulesOf = (change: Partial<QueueSituation>) => attentionOf({ ...calm, ...change }, now).map(({ rule }) => rule)

describe('attention', () => {
  it.each<[string, Partial<QueueSituation>, readonly string[]]>([
    ['all is well', {}, []],
    ['a fifth fails', { recent: { succeeded: 80, failed: 20, crashed: 0 } }, ['failing']],
    ['as much as ever fails', { recent: { succeeded: 80, failed: 20, crashed: 0 }, usualFailedShare: 0.18 }, []],
    ['too few ended', { recent: { succeeded: 10, failed: 9, crashed: 0 } }, []],
    ['the oldest waits 16 min', { oldestMs: 16 * 60_000 }, ['old']],
    ['a long visibility explains it', { oldestMs: 16 * 60_000, visibilityMs: 900_000 }, []],
    ['all places busy, and more arrives', { waiting: 500, inFlight: 40, arrivedPerMinute: 130 }, ['no-catching-up']],
    ['paused with work', { pausedAt: now - 60_000, waiting: 7, oldestMs: 3_600_000 }, ['paused']],
    ['paused and empty', { pausedAt: now - 60_000, waiting: 0, inFlight: 0 }, []],
    ['dead letters of what fails', { dead: 20, recent: { succeeded: 80, failed: 20, crashed: 0 } }, ['failing']],
    ['a dead letter', { dead: 1 }, ['dead-letters']],
    ['a worker died', { recent: { succeeded: 1, failed: 1, crashed: 1 } }, ['crashes']],
  ])('%s', (_name, change, expected) => {
    expect(rulesOf(change)).toEqual(expected)
  })

  it('says it in numbers', () => {
    const [finding] = attentionOf({ ...calm, recent: { succeeded: 81, failed: 19, crashed: 0 } }, now)
    expect(finding).toMatchObject({
      title: 'orders: 19 % fail, 0.2 % is usual',
      detail: '19 of 100 tasks failed in the last ten minutes.',
      actions: [{ kind: 'show-failures' }, { kind: 'pause' }],
    })
  })
})
