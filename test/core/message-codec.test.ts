import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TaskMessage } from '../../shared/core/message.ts'
import { deadLetterOf, MessageError, messageText, parseMessage } from '../../shared/core/message-codec.ts'
import { messageOf, recordOf, recordOfMessage, type Signature } from '../../shared/core/signature.ts'
import { hostileKeys } from '../worker/hostile.ts'

const foreign = (fields: object = {}) => JSON.stringify({ celeriac: 1, id: 'id', task: 'task', ...fields })

describe('reading a body', () => {
  it('takes the least that a foreign producer writes', () => {
    expect(parseMessage(foreign({ input: { a: 1 } }))).toEqual({
      celeriac: 1,
      id: 'id',
      epoch: 0,
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
        epoch: value,
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
          message.epoch,
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
    epoch: 3,
    v: 7,
    task: 'task',
    availableAt: 5,
    expires: 6,
    headers: { a: 'b' },
  }

  it('belongs to the next epoch, is read before it is claimed, and knows no time', () => {
    const letter = deadLetterOf(message, { reason: 'failure', attempt: 2, at: 9 })
    expect(letter).toEqual({
      celeriac: 1,
      id: 'id',
      epoch: 4,
      task: 'task',
      headers: { a: 'b' },
      dead: { reason: 'failure', attempt: 2, at: 9 },
    })
    expect(parseMessage(messageText(letter))).toEqual(letter)
  })

  it('of a dead letter that was sent back carries the newer reason', () => {
    const first = deadLetterOf(message, { reason: 'failure', attempt: 2, at: 9 })
    expect(deadLetterOf(first, { reason: 'rejected', attempt: 1, at: 10 })).toMatchObject({
      epoch: 5,
      dead: { reason: 'rejected' },
    })
  })
})

describe('record and message', () => {
  const signature: Signature = {
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
    const { record } = recordOf(signature, 'token')
    const again = messageOf(record, JSON.parse(record.input ?? 'null') as TaskMessage['input'] & object)
    expect(again).toEqual({
      celeriac: 1,
      id: 'id',
      epoch: 0,
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
    const { record } = recordOf(signature, 'token')
    expect(messageOf({ ...record, state: 'STARTED' }, 1).v).toBeUndefined()
  })

  it('the record of a message is that of its signature, in the message’s epoch', () => {
    const { record } = recordOf(signature, 'token')
    const message = parseMessage(messageText({ ...messageOf(record, signature.input), epoch: 4 }))
    expect(recordOfMessage(message, 'main', 100, 'token').record).toEqual({ ...record, epoch: 4 })
  })

  it('an input that would push the record above one write unit lives beside it', () => {
    const small = recordOf({ ...signature, input: 'x'.repeat(200) }, 'token')
    const large = recordOf({ ...signature, input: 'x'.repeat(800) }, 'token')
    expect([small.inputItem, small.record.inputRef]).toEqual([undefined, undefined])
    expect(large.record.input).toBeUndefined()
    expect(large.inputItem).toMatchObject({
      id: 'id',
      ref: large.record.inputRef,
      body: JSON.stringify('x'.repeat(800)),
    })
  })
})
