import { CommanderError, InvalidArgumentError } from 'commander'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseCount, parseDuration, parseInput, parsePort, parseSince } from '../../cli/arguments.ts'
import { parseEndpoint } from '../../cli/endpoint.ts'
import { codeOf, failureOf, UsageError } from '../../cli/failure.ts'
import { createProgram } from '../../cli/program.ts'
import { toMs } from '../../shared/core/duration.ts'

/** Near what is expected, and anything else. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...'0123456789.-+eExsmhd: ') }),
  fc.stringMatching(/^\d{1,6}(ms|s|m|h|d)?$/),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.webUrl(),
  fc.tuple(fc.webUrl(), fc.webUrl()).map(([sqs, dynamodb]) => `sqs=${sqs},dynamodb=${dynamodb}`),
  fc.json(),
  fc.constantFrom('', ' ', '0', '-1', '1e3', '0x10', '65535', '65536', '{"$":"date","v":"x"}', '{"$":"map","v":1}'),
)

const parsers: readonly [string, (value: string) => unknown, (parsed: never) => boolean][] = [
  ['a port', parsePort, (port: number) => Number.isInteger(port) && port >= 0 && port <= 65_535],
  ['a count', parseCount, (count: number) => Number.isInteger(count) && count >= 1],
  ['a duration', parseDuration, (duration: number) => Number.isInteger(toMs(duration))],
  ['an instant', parseSince, (at: Date) => !Number.isNaN(at.getTime())],
  ['an endpoint', parseEndpoint, (endpoint: string | object) => JSON.stringify(endpoint).includes('http')],
  ['an input', parseInput, () => true],
]

describe.each(parsers)('%s', (_what, parse, holds) => {
  it('is what it should be, or refused in words', () => {
    fc.assert(
      fc.property(text, (value) => {
        let parsed: unknown
        try {
          parsed = parse(value)
        } catch (error) {
          // A tag that no value has is told as it is everywhere.
          const told =
            error instanceof InvalidArgumentError || error instanceof UsageError || codeOf(error) === 'encode'
          expect(told ? '' : error).toBe('')
          expect((error as Error).message).toMatch(/expected|Expected|cannot be encoded/)
          return
        }
        expect(holds(parsed as never)).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })
})

it('an instant is not longer ago than dates reach', () => {
  // Found by the property above.
  expect(() => parseSince('9000000000000')).toThrow(InvalidArgumentError)
})

it('nothing typed is a port or a count', () => {
  for (const value of ['', ' ', '1e3', '0x10', '+5', '5.0']) {
    expect(() => parsePort(value)).toThrow(InvalidArgumentError)
    expect(() => parseCount(value)).toThrow(InvalidArgumentError)
  }
})

describe('the whole command line', () => {
  const words = createProgram(() => {}).commands.flatMap((command) => [
    command.name(),
    ...command.options.flatMap(({ long, short }) => [long ?? '', short ?? '']),
  ])
  const word = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...words, '--app', '--endpoint', '--json', '--debug', '--', '-h') },
    { weight: 1, arbitrary: text },
  )

  it('is understood, or refused in one paragraph with exit code 2', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 7 }), async (line) => {
        const program = createProgram(() => {})
        const quiet = (command: typeof program): void => {
          command.configureOutput({ writeOut: () => {}, writeErr: () => {}, outputError: () => {} })
          // Understood is enough: nothing is done.
          if (command.commands.length === 0) command.action(() => {})
          for (const each of command.commands) quiet(each as typeof program)
        }
        quiet(program)
        try {
          await program.parseAsync(line, { from: 'user' })
        } catch (error) {
          expect(error instanceof CommanderError || error instanceof UsageError ? '' : error).toBe('')
          const { message, exitCode } = failureOf(error, false)
          expect([0, 2]).toContain(exitCode)
          if (exitCode !== 0 && message !== undefined) expect(message).not.toMatch(/\n/)
        }
      }),
      { numRuns: 1_000 },
    )
  })
})
