import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cronText, readCron } from '../../shared/core/cron-fields.ts'

const patternOf = (text: string) => readCron(text).pattern

describe('reading cron as Celery does', () => {
  test.each([
    ['* * * * *', '0 * * * * *'],
    ['30 5 * * * *', '30 5 * * * *'],
    ['0 9 * * mon-fri', '0 0 9 * * 1-5'],
    ['0 9 * * MON,Wednesday', '0 0 9 * * 1,3'],
    ['0 9 1 january-mar,DEC *', '0 0 9 1 1-3,12 *'],
    ['0 22-2 * * *', '0 0 22-23,0-2 * * *'],
    ['0 0 * * fri-mon', '0 0 0 * * 5-6,0-1'],
    ['0 0 28-3 * *', '0 0 0 28-31,1-3 * *'],
    ['0 0 * nov-feb *', '0 0 0 * 11-12,1-2 *'],
    ['0 22-4/2 * * *', '0 0 22-23/2,0-4/2 * * *'],
    ['0 21-4/2 * * *', '0 0 21-23/2,1-4/2 * * *'],
    ['0 23-2/5 * * *', '0 0 23-23/5 * * *'],
    ['*/15 0 */5 * *', '0 */15 0 */5 * *'],
    ['8-18/2 0 * * *', '0 8-18/2 0 * * *'],
    ['0 0 l,15w,lw * *', '0 0 0 L,15W,LW * *'],
    ['0 0 * * fri#2,5#L', '0 0 0 * * 5#2,5#L'],
    ['@daily', '0 0 0 * * *'],
    ['@Weekly', '0 0 0 * * 0'],
    ['@yearly', '0 0 0 1 1 *'],
    ['@hourly', '0 0 * * * *'],
  ])('%s is %s', (text, pattern) => {
    expect(patternOf(text)).toBe(pattern)
  })

  test.each([
    [
      '* * * *',
      'cron: expected 5 fields (minute hour day-of-month month day-of-week), or 6 with seconds first, received 4',
    ],
    ['0 0 0 1 1 * 2026', 'received 7'],
    ['', 'received none'],
    ['60 * * * *', "cron: minute: expected 0 to 59, received '60'"],
    ['* 24 * * *', "cron: hour: expected 0 to 23, received '24'"],
    ['* * 0 * *', "cron: dayOfMonth: expected 1 to 31, received '0'"],
    ['* * 32 * *', "cron: dayOfMonth: expected 1 to 31, received '32'"],
    ['* * * 13 *', "cron: month: expected 1 to 12 or a name such as feb, received '13'"],
    ['* * * * 7', "cron: dayOfWeek: expected 0 to 6 or a name such as mon, received '7' in '* * * * 7'. Sunday is 0."],
    ['* * * * mond', 'cron: dayOfWeek: expected 0 to 6'],
    ['* * * * fri#6', 'cron: dayOfWeek: expected 0 to 6'],
    ['* * 33w * *', 'cron: dayOfMonth: expected 1 to 31'],
    ['5/15 * * * *', "cron: minute: expected a step over '*' or a range, such as 5-59/15, received '5/15'"],
    ['*/0 * * * *', 'cron: minute: expected a step of 1 to 60'],
    ['*/61 * * * *', 'cron: minute: expected a step of 1 to 60'],
    ['*/2/2 * * * *', 'cron: minute: expected a step of 1 to 60'],
    ['1-2-3 * * * *', 'cron: minute: expected 0 to 59'],
    ['1, * * * *', 'received 5'],
    ['1,,2 * * * *', "cron: minute: expected 0 to 59, received ''"],
    ['-1 * * * *', 'cron: minute: expected 0 to 59'],
    ['1.5 * * * *', 'cron: minute: expected 0 to 59'],
    ['* * ? * *', "cron: dayOfMonth: expected '*' for any value, received '?'"],
    ['@reboot', 'cron: expected one of @yearly'],
  ])('%s is refused', (text, message) => {
    expect(() => patternOf(text)).toThrow(message === 'received 5' ? /minute: expected 0 to 59, received ''/ : message)
  })

  test('fields say what their text says', () => {
    expect(cronText({ minute: [0, 30], hour: '8-18', dayOfWeek: 'mon-fri' })).toBe('0,30 8-18 * * mon-fri')
    expect(cronText({ second: '*/10' })).toBe('*/10 * * * * *')
    expect(cronText({})).toBe('* * * * *')
    expect(cronText({ hour: '1, 2' })).toBe('* 1,2 * * *')
    expect(cronText('  0   9 * *  1 ')).toBe('0 9 * * 1')
    expect(() => cronText({ hours: 3 } as never)).toThrow('cron: hours: no such field. Known: second, minute, hour')
    expect(() => cronText({ hour: [] })).toThrow('cron: hour: expected at least one value')
    expect(() => cronText(5 as never)).toThrow('expected a text')
  })

  test("days: 'or' needs two restricted day fields, as in Vixie cron", () => {
    expect(readCron('0 0 13 * fri').bothDays).toBe(true)
    expect(readCron('0 0 13 * fri', 'or').bothDays).toBe(false)
    expect(readCron('0 0 * * fri', 'or').bothDays).toBe(true)
    expect(readCron('0 0 */2 * fri', 'or').bothDays).toBe(true)
    expect(readCron('0 0 13 * */2', 'or').bothDays).toBe(true)
  })
})

/** Each field as Celery expands it: a range that wraps goes on at the minimum, a step counts along the range. */
const fields = [
  { at: 0, min: 0, max: 59 },
  { at: 1, min: 0, max: 23 },
  { at: 2, min: 1, max: 31 },
  { at: 3, min: 1, max: 12 },
  { at: 4, min: 0, max: 6 },
] as const

type Item = { readonly from: number; readonly to?: number; readonly step?: number } | { readonly star: number }

function celeryExpands(item: Item, min: number, max: number): number[] {
  const all = Array.from({ length: max - min + 1 }, (_, index) => min + index)
  if ('star' in item) return all.filter((_, index) => index % item.star === 0)
  if (item.to === undefined) return [item.from]
  const { from, to } = item
  const range =
    from <= to
      ? all.filter((n) => n >= from && n <= to)
      : [...all.filter((n) => n >= from), ...all.filter((n) => n <= to)]
  return range.filter((_, index) => index % (item.step ?? 1) === 0)
}

/** What the rewritten text stands for. It knows plain numbers, ascending ranges and steps only. */
function plainlyExpands(text: string, min: number, max: number): number[] {
  return text.split(',').flatMap((part) => {
    const [range = '', step = '1'] = part.split('/')
    const [from, to] = range === '*' ? [min, max] : range.split('-').map(Number)
    const last = to ?? from!
    expect(from).toBeLessThanOrEqual(last)
    return Array.from({ length: last - from! + 1 }, (_, index) => from! + index).filter(
      (_, i) => i % Number(step) === 0,
    )
  })
}

test('property: what is rewritten stands for what Celery expands', () => {
  const field = fc.constantFrom(...fields).chain(({ at, min, max }) => {
    const value = fc.integer({ min, max })
    const step = fc.integer({ min: 1, max: max - min + 1 })
    const item: fc.Arbitrary<Item> = fc.oneof(
      fc.record({ from: value }),
      fc.record({ from: value, to: value }),
      fc.record({ from: value, to: value, step }),
      fc.record({ star: step }),
    )
    return fc.record({
      at: fc.constant(at),
      min: fc.constant(min),
      max: fc.constant(max),
      items: fc.array(item, { minLength: 1, maxLength: 4 }),
    })
  })
  fc.assert(
    fc.property(field, ({ at, min, max, items }) => {
      const written = items
        .map((item) =>
          'star' in item
            ? `*/${item.star}`
            : `${item.from}${item.to === undefined ? '' : `-${item.to}`}${item.step === undefined ? '' : `/${item.step}`}`,
        )
        .join(',')
      const texts = ['0', '0', '1', '1', '0']
      texts[at] = written
      const rewritten = patternOf(texts.join(' ')).split(' ')[at + 1]!
      const expected = new Set(items.flatMap((item) => celeryExpands(item, min, max)))
      expect(new Set(plainlyExpands(rewritten, min, max))).toEqual(expected)
    }),
    { numRuns: 1_000 },
  )
})

test('property: any text is read or refused with a DefinitionError', () => {
  const token = fc.constantFrom('*', '/', '-', ',', ' ', '#', 'l', 'w', '0', '5', '31', 'mon', 'jan', 'x', '?', '@')
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(token, { maxLength: 14 }).map((parts) => parts.join('')),
      ),
      (text) => {
        try {
          readCron(cronText(text))
        } catch (error) {
          expect((error as Error).name).toBe('DefinitionError')
        }
      },
    ),
    { numRuns: 2_000 },
  )
})
