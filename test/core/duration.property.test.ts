import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Duration, formatMs, toMs } from '../../shared/core/duration.ts'
import { DefinitionError } from '../../shared/core/errors.ts'

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const unit = fc.constantFrom(...(Object.keys(units) as (keyof typeof units)[]))

it('a number and a unit are so many milliseconds', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e6, max: 1e6 }), unit, fc.constantFrom('', ' '), (n, name, gap) => {
      expect(toMs(`${n}${gap}${name}` as Duration)).toBe(n * units[name])
      expect(toMs(n)).toBe(n * 1_000)
    }),
  )
})

it('any text or value is whole milliseconds or refused by name', () => {
  const nearly = fc
    .tuple(fc.string({ unit: fc.constantFrom(...'0123456789.-+eE ') }), unit)
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(fc.oneof(fc.string(), nearly, fc.double(), fc.anything()), (value) => {
      try {
        expect(Number.isInteger(toMs(value as Duration, 'delay'))).toBe(true)
      } catch (error) {
        expect(error).toBeInstanceOf(DefinitionError)
        expect((error as Error).message).toMatch(/^delay: expected a number of seconds/)
      }
    }),
  )
  expect(() => toMs(`${'9'.repeat(400)}d` as Duration)).toThrow(DefinitionError)
  expect(() => toMs(Number.MAX_VALUE)).toThrow(DefinitionError)
})

it('what is shown for people is read back to the same, down to its second unit', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e10 }), (ms) => {
      const read = formatMs(ms)
        .split(' ')
        .reduce((sum, part) => sum + toMs(part as Duration), 0)
      const coarse = ms < units.m ? 1_000 : ms < units.h ? 1_000 : ms < units.d ? units.m : units.h
      expect(Math.abs(read - ms)).toBeLessThanOrEqual(ms < 1_000 ? 0 : coarse)
    }),
  )
})
