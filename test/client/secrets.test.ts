import type { TaskContext } from 'celeriac'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { toPlain } from '../../shared/core/plain.ts'
import { redactInput, scrubberOf } from '../../shared/core/redact.ts'
import { taskLogger } from '../../shared/protocol/task-logger.ts'
import { fixture } from './world.ts'

/** Long and odd enough to be found nowhere by chance. */
const secretText = fc
  .string({ unit: fc.constantFrom(...'abcXYZ0189 -"\\\'/é\n'), minLength: 8, maxLength: 24 })
  .map((text) => `s${text.trim()}9q`)

/** Where in the sensitive field it lies. */
const places: readonly ((secret: string) => unknown)[] = [
  (secret) => secret,
  (secret) => [secret],
  (secret) => ({ number: secret }),
  (secret) => ({ [secret]: 1 }),
  (secret) => new Map([[secret, 'a']]),
  (secret) => new Map([['a', new Set([secret])]]),
  (secret) => Buffer.from(secret),
]

/** What the task's schema makes of it. */
const schemas: Readonly<Record<string, (value: unknown) => unknown>> = {
  'as it is': (value) => value,
  'without spaces and upper-case': (value) =>
    typeof value === 'string' ? value.replaceAll(' ', '').toUpperCase() : value,
  'in an object': (value) => ({ inner: value }),
}

function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  if (value instanceof Uint8Array) return [Buffer.from(value).toString(), Buffer.from(value).toString('base64')]
  if (value instanceof Map) return [...value].flatMap(([key, item]) => [...textsOf(key), ...textsOf(item)])
  if (value instanceof Set || Array.isArray(value)) return [...value].flatMap(textsOf)
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([key, item]) => [...textsOf(key), ...textsOf(item)])
  return []
}

/** What a careless task does with a text. */
const leaks: Readonly<Record<string, (text: string, value: unknown, ctx: TaskContext) => void>> = {
  'in the message': (text) => {
    throw new Error(`declined: ${text}`)
  },
  'in JSON in the message': (_text, value) => {
    throw new Error(`declined: ${JSON.stringify(toPlain(value, (each) => each))}`)
  },
  'in a URL': (text) => {
    throw new Error(`GET /?card=${encodeURIComponent(text)}`)
  },
  'in the name and code': (text) => {
    throw Object.assign(new Error('declined'), { name: text, code: text })
  },
  'in a field': (text, value) => {
    throw Object.assign(new Error('declined'), { card: value, [text]: text })
  },
  'in a cause and in one of many': (text) => {
    throw new AggregateError([new Error(text)], 'declined', { cause: text })
  },
  'as what is thrown': (text) => {
    throw text
  },
  'in the log': (text, value, ctx) => {
    const round: Record<string, unknown> = { text, value, big: 1n, error: new Error(text), [text]: text }
    round.self = round
    ctx.log.error(text, round)
  },
  'in what is retried': (text, _value, ctx) => ctx.retry({ error: new Error(text), delay: 0 }),
}

describe('a secret of a sensitive field', () => {
  it('is in no error, log, event, dead letter or page: whatever the schema, its place and its form', async () => {
    await fc.assert(
      fc.asyncProperty(
        secretText,
        fc.constantFrom(...places),
        fc.constantFrom(...Object.keys(schemas)),
        fc.constantFrom(...Object.keys(leaks)),
        async (secret, place, schemaName, leakName) => {
          const { app, world, model, work, settled, record, telemetry } = fixture()
          const input = z.object({
            card: z.any().transform(schemas[schemaName] ?? ((value) => value)),
            age: z.number(),
          })
          const seen: string[] = []
          const task = app.task(
            'pay',
            { queue: 'emails', retry: false, input, sensitive: ['card'] },
            ({ card }, ctx) => {
              const texts = textsOf(card).filter((text) => text.length >= 8)
              seen.push(...texts)
              for (const text of texts) leaks[leakName]?.(text, card, ctx)
            },
          )
          const given = { card: place(secret), age: 7 }
          const handle = await task.delay(given)
          await work(5_000)
          const error = await settled(handle.get({ propagate: false }))
          const local = await settled(task.apply(given))
          const info = await handle.info()
          const { input: _input, inputRef: _ref, ...stored } = await record(handle.id)
          const sinks = JSON.stringify([
            stored,
            info.error,
            info.attempts,
            toPlain(info.input, (text) => text),
            toPlain(error, (text) => text),
            toPlain(await local.get({ propagate: false }), (text) => text),
            telemetry.logs,
            telemetry.events,
            deadNotes(model, world),
          ])
          for (const text of seen.flatMap((each) => [
            each,
            JSON.stringify(each).slice(1, -1),
            encodeURIComponent(each),
          ]))
            expect(sinks).not.toContain(JSON.stringify(text).slice(1, -1))
        },
      ),
      { numRuns: 150 },
    )
  }, 120_000)

  it('is hidden by its field where its text is too short', () => {
    const scrub = scrubberOf({ card: { no: 42, on: true } }, ['card'])
    expect(toPlain({ no: 42, nested: { no: '42' }, count: 42, card: 'x' }, scrub)).toEqual({
      no: '[redacted]',
      nested: { no: '[redacted]' },
      count: 42,
      card: '[redacted]',
    })
  })

  it('our own tags are no secrets', () => {
    const scrub = scrubberOf({ at: { $: 'date', v: '2026-01-01T00:00:00.000Z' } }, ['at'])
    expect(scrub('a date, on 2026-01-01T00:00:00.000Z')).toBe('a date, on [redacted]')
  })

  it('is not shown in lists and maps of inputs either', () => {
    expect(redactInput([{ card: 1, age: 7 }], ['card'])).toEqual([{ card: '[redacted]', age: 7 }])
    expect(redactInput(new Map([['card', 1]]), ['card'])).toEqual(new Map([['card', '[redacted]']]))
  })

  it('is not repeated by validators, at the producer and at the worker', async () => {
    const { app, rejection, work, ports, model, world } = fixture()
    const quoting = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value: unknown) => ({
          issues: [{ message: `got ${JSON.stringify(value)}` }, { message: 'bad', path: ['card', '4111-1111'] }],
        }),
      },
    } as const
    const task = app.task('quoting', { queue: 'emails', input: quoting, sensitive: ['card'] as never }, () => {})
    const error = (await rejection(task.delay({ card: '4111-1111', age: 7 }))) as Error
    expect(error.message).toContain('got {')
    expect(error.message).not.toContain('4111')
    const body = '{"celeriac":1,"id":"raw","task":"quoting","input":{"card":"4111-1111"}}'
    await ports.queues.send('emails', [{ body }])
    await work()
    expect(JSON.stringify(deadNotes(model, world))).toContain('input-refused')
    expect(JSON.stringify(deadNotes(model, world))).not.toContain('4111')
  })
})

function deadNotes(model: ReturnType<typeof fixture>['model'], _world: unknown): readonly unknown[] {
  return model.inspect.messages('shop-emails-dead').map(({ body }) => (JSON.parse(body) as { dead?: unknown }).dead)
}

describe('ctx.log', () => {
  it('shows errors, BigInt, cycles and what cannot be read, each by itself', () => {
    const lines: unknown[] = []
    const telemetry = { event: () => {}, log: (...line: unknown[]) => void lines.push(line) }
    const log = taskLogger(telemetry, { id: 'a' }, (text) => text)
    const round: Record<string, unknown> = {}
    round.self = round
    log.error('x', {
      error: Object.assign(new Error('no', { cause: new Error('why') }), { code: 'E', status: 400 }),
      big: 7n,
      round,
      at: new Date(0),
      map: new Map([['a', 1n]]),
      none: undefined,
      run: () => {},
      get broken() {
        throw new Error('x')
      },
      id: 'b',
    })
    log.error('y', new Error('instead of fields') as never)
    expect(lines).toMatchObject([
      ['error', 'x', {}],
      ['error', 'y', { id: 'a', error: { message: 'instead of fields' } }],
    ])
    const fields = (lines[0] as unknown[])[2]
    expect(fields).toMatchObject({
      error: { name: 'Error', message: 'no', code: 'E', status: 400, cause: { message: 'why' } },
      big: '7',
      round: { self: '[circular]' },
      at: '1970-01-01T00:00:00.000Z',
      map: [['a', '1']],
      broken: '[unreadable]',
      id: 'a',
    })
    expect(() => JSON.stringify(fields)).not.toThrow()
  })
})
