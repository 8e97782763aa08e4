import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hideAtMostMs, maxDelayMs } from '../../shared/core/defaults.ts'
import { queueTimes, resolveQueue } from '../../shared/core/queue.ts'
import { planWait } from '../../shared/core/transport.ts'

const times = queueTimes(resolveQueue('main', { timeout: '60s' }), false)
const plan = (waitMs: number, ageMs = 0, receiveCount = 1) => planWait({ waitMs, ageMs, receiveCount, times })

describe('how a message waits', () => {
  it.each<[string, Parameters<typeof plan>, object]>([
    ['not at all', [0], { kind: 'hide', seconds: 0 }],
    ['for less than nothing', [-5_000], { kind: 'hide', seconds: 0 }],
    ['a moment', [1], { kind: 'hide', seconds: 1 }],
    ['a minute', [60_000], { kind: 'hide', seconds: 60 }],
    ['a minute and a moment', [60_001], { kind: 'refresh', delaySeconds: 61 }],
    ['a quarter of an hour', [900_000], { kind: 'refresh', delaySeconds: 900 }],
    ['longer than a message can be delayed', [900_001], { kind: 'refresh', delaySeconds: 900 }],
    ['briefly, half its retention old', [5_000, times.retentionMs / 2], { kind: 'hide', seconds: 5 }],
    ['briefly, older than that', [5_000, times.retentionMs / 2 + 1], { kind: 'refresh', delaySeconds: 5 }],
    ['briefly, with half of its receives used', [5_000, 0, times.maxReceiveCount / 2], { kind: 'hide', seconds: 5 }],
    ['briefly, with more than that', [5_000, 0, times.maxReceiveCount / 2 + 1], { kind: 'refresh', delaySeconds: 5 }],
    ['not at all, worn', [0, times.retentionMs], { kind: 'refresh', delaySeconds: 0 }],
  ])('%s', (_name, given, expected) => {
    expect(plan(...given)).toEqual(expected)
  })

  it('waits in the table when SQS cannot delay that long, if it has a record', () => {
    const parked = (waitMs: number, ageMs = 0) => planWait({ waitMs, ageMs, receiveCount: 1, times, canPark: true })
    expect(parked(900_000)).toEqual({ kind: 'refresh', delaySeconds: 900 })
    expect(parked(900_001)).toEqual({ kind: 'park' })
    expect(parked(900_001, times.retentionMs)).toEqual({ kind: 'park' })
    expect(parked(5_000)).toEqual({ kind: 'hide', seconds: 5 })
  })

  it('never ends before its time by more than it must, and never waits longer than SQS allows', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1_000, max: 10 * maxDelayMs }),
        fc.integer({ min: 0, max: times.retentionMs }),
        fc.integer({ min: 1, max: 2_000 }),
        (waitMs, ageMs, receiveCount) => {
          const wait = plan(waitMs, ageMs, receiveCount)
          const seconds = wait.kind === 'hide' ? wait.seconds : wait.kind === 'refresh' ? wait.delaySeconds : Number.NaN
          expect(Number.isInteger(seconds)).toBe(true)
          expect(seconds).toBeGreaterThanOrEqual(0)
          expect(seconds * 1_000).toBeLessThanOrEqual(maxDelayMs)
          expect(seconds * 1_000).toBeGreaterThanOrEqual(Math.min(waitMs, maxDelayMs))
          // Hidden messages count towards the 120,000 in flight: long waits never hide.
          if (wait.kind === 'hide') expect(waitMs).toBeLessThanOrEqual(hideAtMostMs)
        },
      ),
    )
  })
})

describe('what SQS is told about a queue', () => {
  it.each([
    ['10s', 40_000],
    ['60s', 90_000],
    ['15m', 930_000],
  ] as const)('a time-out of %s', (timeout, visibilityMs) => {
    const told = queueTimes(resolveQueue('main', { timeout }), false)
    expect(told.visibilityMs).toBe(visibilityMs)
    expect(told.maxReceiveCount).toBe(Math.min(1_000, Math.floor((7 * 86_400_000) / (2 * visibilityMs))))
  })

  it('without a ledger visibility is six times the time-out', () => {
    expect(queueTimes(resolveQueue('main', { timeout: '60s', batchWindow: '5s' }), true).visibilityMs).toBe(365_000)
  })

  it('a worn message is sent afresh long before SQS puts it aside, whatever the queue', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 900 }),
        fc.integer({ min: 0, max: 300 }),
        fc.boolean(),
        (timeout, window, off) => {
          const told = queueTimes(resolveQueue('main', { timeout, batchWindow: window }), off)
          expect(told.maxReceiveCount).toBeGreaterThan(2)
          // Half of its receives, each a visibility time apart, take no more than a quarter of its retention and one more.
          expect((told.maxReceiveCount / 2) * told.visibilityMs).toBeLessThanOrEqual(told.retentionMs / 2)
        },
      ),
    )
  })
})
