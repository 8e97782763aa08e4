import { describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../shared/system/clock.ts'
import { systemRandom } from '../../shared/system/random.ts'
import { consoleTelemetry } from '../../shared/system/telemetry.ts'

describe('the machine as ports', () => {
  it('waits longer than setTimeout can', () => {
    vi.useFakeTimers()
    try {
      const fire = vi.fn()
      systemClock.timer(40 * 86_400_000, fire)
      vi.advanceTimersByTime(40 * 86_400_000 - 1)
      expect(fire).not.toHaveBeenCalled()
      vi.advanceTimersByTime(1)
      expect(fire).toHaveBeenCalledTimes(1)
    } finally {
      vi.useRealTimers()
    }
  })

  it('cancels a timer, before and after it fired', () => {
    vi.useFakeTimers()
    try {
      const fire = vi.fn()
      const cancel = systemClock.timer(10, fire)
      cancel()
      vi.advanceTimersByTime(20)
      cancel()
      expect(fire).not.toHaveBeenCalled()
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('makes UUIDv7 that sort by time', () => {
    const early = systemRandom.uuid(1_700_000_000_000)
    const late = systemRandom.uuid(1_700_000_000_001)
    expect(early).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(early < late).toBe(true)
    expect(Number.parseInt(early.replaceAll('-', '').slice(0, 12), 16)).toBe(1_700_000_000_000)
    const tokens = Array.from({ length: 2_000 }, () => systemRandom.token())
    expect(new Set(tokens).size).toBe(tokens.length)
    for (const token of tokens) expect(token).toMatch(/^[A-Za-z0-9_-]{16}$/)
  })
})

describe('console telemetry', () => {
  function recorded(level: 'debug' | 'info') {
    const lines: string[] = []
    const telemetry = consoleTelemetry({ level, write: (line) => lines.push(line), now: () => 0 })
    return { telemetry, lines }
  }
  const base = { at: 1_700_000_000_000, queue: 'emails', task: 'emails.send', id: 'a' }

  it('writes one JSON line for each event at or above its level', () => {
    const { telemetry, lines } = recorded('info')
    telemetry.event({ ...base, type: 'succeeded', attempt: 1, runMs: 1, waitMs: 1 })
    telemetry.event({
      ...base,
      type: 'failed',
      attempt: 4,
      error: { name: 'Error', message: 'two\nlines' },
      expected: false,
    })
    expect(lines).toEqual([
      '{"at":"2023-11-14T22:13:20.000Z","level":"error","message":"task failed","queue":"emails","task":"emails.send","id":"a","attempt":4,"error":{"name":"Error","message":"two\\nlines"},"expected":false}',
    ])
  })

  it('writes errors, bigints and cycles, and keeps repeated values that are no cycle', () => {
    const { telemetry, lines } = recorded('debug')
    const cycle: Record<string, unknown> = { n: 1n }
    cycle.self = cycle
    const twice = { x: 1 }
    telemetry.log('debug', 'odd', { cycle, error: new TypeError('no'), list: [twice, twice] })
    const line = JSON.parse(lines[0] ?? '') as Record<string, unknown>
    expect(line.cycle).toEqual({ n: '1', self: '[circular]' })
    expect(line.error).toMatchObject({ name: 'TypeError', message: 'no' })
    expect(line.list).toEqual([{ x: 1 }, { x: 1 }])
  })

  it('never throws, whatever it is given', () => {
    const telemetry = consoleTelemetry({
      write: () => {
        throw new Error('closed')
      },
    })
    const hostile = {
      get x(): never {
        throw new Error('no')
      },
    }
    expect(() => telemetry.log('error', 'a', hostile)).not.toThrow()
    expect(() => telemetry.log('error', 'a')).not.toThrow()
  })
})
