import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Call,
  messageOf,
  messageWithoutRecord,
  placeInput,
  recordBytes,
  recordOfCall,
  recordOfMessage,
} from '../../shared/core/call.ts'
import type { TaskMessage } from '../../shared/core/message.ts'
import { deadLetterOf, MessageError, messageText, parseMessage } from '../../shared/core/message-codec.ts'
import type { TaskRecord } from '../../shared/core/record.ts'
import { hostileKeys } from '../support/hostile.ts'

const foreign = (fields: object = {}) => JSON.stringify({ celeriac: 1, id: 'id', task: 'task', ...fields })

describe('reading a body', () => {
  it('takes the least that a foreign producer writes', () => {
    expect(parseMessage(foreign({ input: { a: 1 } }))).toEqual({
      celeriac: 1,
      id: 'id',
      generation: 0,
      task: 'task',
      input: { a: 1 },
    })
  })

  it.each(
    hostileKeys.filter((key) => !['id', 'v'].includes(key)).map((key) => [JSON.stringify(key).slice(0, 30), key]),
  )('keeps the unknown field %s', (_name, key) => {
    const body = `{"celeriac":1,"id":"id","task":"task",${JSON.stringify(key)}:{"a":1}}`
    const again = messageText(parseMessage(body))
    expect(Object.entries(JSON.parse(again) as object)).toContainEqual([key, { a: 1 }])
  })

  const natural = 'expected a whole number of 0 or more'
  const positive = 'expected a whole number of 1 or more'
  /** Body, reason, message. */
  const refusals: readonly [string, string, string][] = [
    ['hello', 'not-json', 'The body is not JSON: Unexpected token \'h\', "hello" is not valid JSON'],
    ['7', 'wrong-shape', 'The body is JSON, but not an object.'],
    ['null', 'wrong-shape', 'The body is JSON, but not an object.'],
    ['[]', 'wrong-shape', 'The body is JSON, but not an object.'],
    ['{}', 'wrong-shape', "celeriac: expected the message's major version, a number, received nothing."],
    [
      foreign({ celeriac: '1' }),
      'wrong-shape',
      'celeriac: expected the message\'s major version, a number, received "1".',
    ],
    [
      foreign({ celeriac: 2, id: 7 }),
      'unknown-version',
      'celeriac: expected version 1, received 2. Deploy a worker that reads it, then redrive.',
    ],
    [foreign({ id: undefined }), 'wrong-shape', 'id: expected a text that is not empty, received nothing.'],
    [foreign({ id: '' }), 'wrong-shape', 'id: expected a text that is not empty, received "".'],
    [foreign({ id: 'é'.repeat(513) }), 'wrong-shape', 'id: expected at most 1024 bytes.'],
    [foreign({ task: [1] }), 'wrong-shape', 'task: expected a text that is not empty, received [1].'],
    ...['generation', 'v', 'sentAt', 'availableAt', 'expires', 'attempt'].flatMap(
      (name): [string, string, string][] => [
        [foreign({ [name]: -1 }), 'wrong-shape', `${name}: ${natural}, received -1.`],
        [foreign({ [name]: 0.5 }), 'wrong-shape', `${name}: ${natural}, received 0.5.`],
        [foreign({ [name]: 2 ** 53 }), 'wrong-shape', `${name}: ${natural}, received 9007199254740992.`],
        [foreign({ [name]: '1' }), 'wrong-shape', `${name}: ${natural}, received "1".`],
      ],
    ),
    ...['root', 'parent', 'traceparent'].map((name): [string, string, string] => [
      foreign({ [name]: 1 }),
      'wrong-shape',
      `${name}: expected a text, received 1.`,
    ]),
    [foreign({ headers: ['a'] }), 'wrong-shape', 'headers: expected an object of texts, received ["a"].'],
    [
      foreign({ headers: { a: 'b', c: 1 } }),
      'wrong-shape',
      'headers: expected an object of texts, received {"a":"b","c":1}.',
    ],
    [foreign({ headers: null }), 'wrong-shape', 'headers: expected an object of texts, received null.'],
    [foreign({ options: 'fast' }), 'wrong-shape', 'options: expected an object, received "fast".'],
    [foreign({ options: [] }), 'wrong-shape', 'options: expected an object, received [].'],
    ...['maxRetries', 'retryDelayMs', 'retryMaxDelayMs'].map((name): [string, string, string] => [
      foreign({ options: { [name]: -1 } }),
      'wrong-shape',
      `options.${name}: ${natural}, received -1.`,
    ]),
    ...['timeLimitMs', 'softTimeLimitMs'].flatMap((name): [string, string, string][] => [
      [foreign({ options: { [name]: 0 } }), 'wrong-shape', `options.${name}: ${positive}, received 0.`],
      [foreign({ options: { [name]: 1.5 } }), 'wrong-shape', `options.${name}: ${positive}, received 1.5.`],
    ]),
    [
      foreign({ options: { ignoreResult: 1 } }),
      'wrong-shape',
      'options.ignoreResult: expected true or false, received 1.',
    ],
    [foreign({ ledger: 'full' }), 'wrong-shape', 'ledger: expected \'off\', received "full".'],
    [foreign({ root: ['x'.repeat(99)] }), 'wrong-shape', `root: expected a text, received ["${'x'.repeat(78)}.`],
    [
      foreign({ root: 'deep' }).replace('"deep"', `${'['.repeat(422)}${']'.repeat(422)}`),
      'wrong-shape',
      'root: expected a text, received a value nested deeper than 420 levels.',
    ],
  ]
  it.each(refusals.map(([body, reason, text]) => ({ body, reason, text })))(
    'refuses: $text',
    ({ body, reason, text }) => {
      const refused = () => parseMessage(body)
      expect(refused).toThrow(MessageError)
      expect(refused).toThrow(expect.objectContaining({ name: 'MessageError', reason, code: reason, message: text }))
    },
  )

  it('takes whatever is at its limit', () => {
    const fields = {
      id: 'é'.repeat(512),
      generation: 0,
      v: Number.MAX_SAFE_INTEGER,
      sentAt: 0,
      availableAt: 1,
      expires: 2,
      attempt: 3,
      root: '',
      parent: 'p',
      traceparent: 't',
      headers: {},
      options: {
        maxRetries: 0,
        retryDelayMs: 0,
        retryMaxDelayMs: 0,
        timeLimitMs: 1,
        softTimeLimitMs: 1,
        ignoreResult: false,
      },
      ledger: 'off',
    }
    expect(parseMessage(foreign(fields))).toEqual({ celeriac: 1, task: 'task', ...fields })
  })

  it('takes 420 levels of JSON and no more', () => {
    const nested = (levels: number) =>
      foreign({ input: 'deep' }).replace('"deep"', '['.repeat(levels) + ']'.repeat(levels))
    expect(() => parseMessage(nested(420))).not.toThrow()
    expect(() => parseMessage(nested(421))).toThrow('The body is nested deeper than 420 levels.')
  })

  it('does not take a field from the prototype for one of its own', () => {
    expect(() => parseMessage('{"__proto__":{"celeriac":1,"id":"id","task":"task"}}')).toThrow(MessageError)
  })

  it('either gives a message or throws a MessageError, whatever the text', () => {
    const value = fc.oneof(fc.jsonValue(), fc.integer(), fc.double(), fc.string())
    const near = fc.record(
      {
        celeriac: fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: value }),
        id: fc.oneof({ weight: 9, arbitrary: fc.string({ minLength: 1 }) }, { weight: 1, arbitrary: value }),
        task: fc.oneof({ weight: 9, arbitrary: fc.string({ minLength: 1 }) }, { weight: 1, arbitrary: value }),
        generation: value,
        v: value,
        input: fc.jsonValue(),
        availableAt: value,
        headers: value,
        options: fc.oneof(
          value,
          fc.record({ maxRetries: value, timeLimitMs: value, ignoreResult: value }, { requiredKeys: [] }),
        ),
        ledger: value,
      },
      { requiredKeys: ['celeriac', 'id', 'task'] },
    )
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      near.map((fields) => JSON.stringify(fields)),
    )
    fc.assert(
      fc.property(text, (body) => {
        let message: TaskMessage
        try {
          message = parseMessage(body)
        } catch (error) {
          expect(error).toBeInstanceOf(MessageError)
          return
        }
        expect(message.celeriac).toBe(1)
        expect(message.id).not.toBe('')
        for (const instant of [
          message.generation,
          message.v ?? 0,
          message.availableAt ?? 0,
          message.options?.timeLimitMs ?? 1,
        ])
          expect(Number.isSafeInteger(instant) && instant >= 0).toBe(true)
        expect(parseMessage(messageText(message))).toEqual(message)
      }),
      { numRuns: 500 },
    )
  })
})

describe('a dead letter', () => {
  const message: TaskMessage = {
    celeriac: 1,
    id: 'id',
    generation: 3,
    v: 7,
    task: 'task',
    availableAt: 5,
    expires: 6,
    headers: { a: 'b' },
  }

  it('belongs to the next generation, is read before it is claimed, and knows no time', () => {
    const letter = deadLetterOf(message, { reason: 'failure', attempt: 2, at: 9 })
    expect(letter).toEqual({
      celeriac: 1,
      id: 'id',
      generation: 4,
      task: 'task',
      headers: { a: 'b' },
      dead: { reason: 'failure', attempt: 2, at: 9 },
    })
    expect(parseMessage(messageText(letter))).toEqual(letter)
  })

  it('of a dead letter that was sent back carries the newer reason', () => {
    const first = deadLetterOf(message, { reason: 'failure', attempt: 2, at: 9 })
    expect(deadLetterOf(first, { reason: 'rejected', attempt: 1, at: 10 })).toMatchObject({
      generation: 5,
      dead: { reason: 'rejected' },
    })
  })
})

describe('record and message', () => {
  const signature: Call = {
    id: 'id',
    task: 'task',
    queue: 'main',
    input: { a: [1, { $: 'date', v: '2026-01-01T00:00:00.000Z' }] },
    enqueuedAt: 100,
    availableAt: 200,
    expires: 300,
    root: 'root',
    parent: 'parent',
    headers: { tenant: 'x' },
    options: { maxRetries: 1 },
    traceparent: '00-1-2-03',
  }

  it('the message can be made again from the record alone', () => {
    const { record } = recordOfCall(signature, 'token')
    const again = messageOf(record, JSON.parse(record.input ?? 'null') as TaskMessage['input'] & object)
    expect(again).toEqual({
      celeriac: 1,
      id: 'id',
      generation: 0,
      v: 1,
      task: 'task',
      input: signature.input,
      sentAt: 100,
      availableAt: 200,
      expires: 300,
      root: 'root',
      parent: 'parent',
      headers: { tenant: 'x' },
      options: { maxRetries: 1 },
      traceparent: '00-1-2-03',
    })
  })

  it('a running task’s message has to be read: its version is left out', () => {
    const { record } = recordOfCall(signature, 'token')
    expect(messageOf({ ...record, state: 'STARTED' }, 1).v).toBeUndefined()
  })

  it('the record of a message is that of its signature, in the message’s generation', () => {
    const { record } = recordOfCall(signature, 'token')
    const message = parseMessage(messageText({ ...messageOf(record, signature.input), generation: 4 }))
    expect(recordOfMessage(message, 'main', 100, 'token').record).toEqual({ ...record, generation: 4 })
  })

  const least: Call = { id: 'id', task: 'task', queue: 'main', input: 1, enqueuedAt: 100 }

  it('of the least signature have no more than it says', () => {
    const { record, inputItem } = recordOfCall(least, 'token')
    expect(inputItem).toBeUndefined()
    expect(record).toStrictEqual({
      id: 'id',
      v: 1,
      generation: 0,
      state: 'QUEUED',
      task: 'task',
      queue: 'main',
      inputHash: expect.any(String),
      attempt: 0,
      token: 'token',
      enqueuedAt: 100,
      input: '1',
    })
    expect(messageOf(record, 1)).toStrictEqual({
      celeriac: 1,
      id: 'id',
      generation: 0,
      v: 1,
      task: 'task',
      input: 1,
      sentAt: 100,
    })
  })

  it('without a record the message is all there is', () => {
    expect(messageWithoutRecord(signature)).toStrictEqual({
      celeriac: 1,
      id: 'id',
      generation: 0,
      task: 'task',
      input: signature.input,
      sentAt: 100,
      availableAt: 200,
      expires: 300,
      root: 'root',
      parent: 'parent',
      headers: { tenant: 'x' },
      options: { maxRetries: 1 },
      traceparent: '00-1-2-03',
      ledger: 'off',
    })
  })

  it('the record of the least message is enqueued now, with no input', () => {
    expect(recordOfMessage(parseMessage('{"celeriac":1,"id":"id","task":"task"}'), 'main', 500, 'token')).toStrictEqual(
      {
        record: { ...recordOfCall({ ...least, input: { $: 'undefined' }, enqueuedAt: 500 }, 'token').record },
      },
    )
    const sent = parseMessage('{"celeriac":1,"id":"id","task":"task","sentAt":400}')
    expect(recordOfMessage(sent, 'main', 500, 'token').record.enqueuedAt).toBe(400)
  })

  it('the record of a message with a large input has it beside it', () => {
    const message = parseMessage(JSON.stringify({ celeriac: 1, id: 'id', task: 'task', input: 'x'.repeat(800) }))
    const { record, inputItem } = recordOfMessage(message, 'main', 500, 'token')
    expect(inputItem).toMatchObject({ id: 'id', ref: record.inputRef, body: JSON.stringify('x'.repeat(800)) })
  })

  it('the size of a record counts names and values, and the id and queue once more for each key', () => {
    const { record } = recordOfCall(least, 'token')
    const bytes = recordBytes(record)
    const more = (fields: Partial<TaskRecord>) => recordBytes({ ...record, ...fields }) - bytes
    // Names: id v generation state task queue inputHash attempt token enqueuedAt input; texts; four numbers of nine bytes.
    expect(bytes).toBe(60 + 3 * 2 + 2 * 4 + 63 + (2 + 6 + 4 + 4 + 22 + 5 + 1) + 4 * 9)
    expect(more({ alone: true })).toBe('alone'.length + 1)
    expect(more({ startedAt: 1 })).toBe('startedAt'.length + 9)
    expect(more({ error: 'é' })).toBe('error'.length + 2)
    expect(more({ id: 'id-2' })).toBe(4 * 2)
    expect(more({ queue: 'main-2' })).toBe(3 * 2)
  })

  it('an input that fills the record to the last byte lives in it, one byte more beside it, as long as it is needed', () => {
    const { record } = recordOfCall({ ...least, input: '' }, 'token')
    const room = 1_024 - 260 - recordBytes({ ...record, input: '' })
    expect(placeInput(record, 'x'.repeat(room)).inputItem).toBeUndefined()
    const fromNow = placeInput(record, 'x'.repeat(room + 1)).inputItem?.expiresAt ?? 0
    const later = placeInput({ ...record, availableAt: 100 + 86_400_000 }, 'x'.repeat(room + 1)).inputItem?.expiresAt
    expect(later).toBe(fromNow + 86_400)
  })

  it('an input that would push the record above one write unit lives beside it', () => {
    const small = recordOfCall({ ...signature, input: 'x'.repeat(200) }, 'token')
    const large = recordOfCall({ ...signature, input: 'x'.repeat(800) }, 'token')
    expect([small.inputItem, small.record.inputRef]).toEqual([undefined, undefined])
    expect(large.record.input).toBeUndefined()
    expect(large.inputItem).toMatchObject({
      id: 'id',
      ref: large.record.inputRef,
      body: JSON.stringify('x'.repeat(800)),
    })
  })
})
