import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { defineApp } from '../../shared/core/app.ts'
import { classify } from '../../shared/core/classify.ts'
import { DefinitionError, EncodeError } from '../../shared/core/errors.ts'
import { decode, encode } from '../../shared/core/json.ts'
import { messageText, parseMessage } from '../../shared/core/message-codec.ts'
import { checkTaskId, isReservedTaskId } from '../../shared/core/names.ts'
import { resolveRetry } from '../../shared/core/retry.ts'
import { isTerminal } from '../../shared/core/states.ts'
import { newRecord } from '../contract/table-place.ts'

describe('ids of workflows and schedules', () => {
  it.each(['w_1', 's_1', 'a~1', 'a!b', 'a+1', 'a*'])('%s is none of the caller’s', (id) => {
    expect(isReservedTaskId(id)).toBe(true)
    expect(() => checkTaskId('t', id)).toThrow(DefinitionError)
    expect(() => checkTaskId('t', id)).toThrow(/begin with 'w_' or 's_'.*received ".*Put another letter in front/)
  })

  it.each(['k_abc', 'order-1', 'W_1', 'aw_1', '0190b5e2-6d1c-7b1e-a1f0-2c9a5c3f1b11'])('%s is free', (id) => {
    expect(() => checkTaskId('t', id)).not.toThrow()
  })
})

describe('queue names', () => {
  it.each([
    ['emails--high', /without '--'/],
    ['emails.fifo', /FIFO/],
  ])('%s is reserved', (name, message) => {
    expect(() => defineApp({ name: 'shop', queues: { [name]: {} } })).toThrow(message)
  })
})

describe('references to results', () => {
  it.each(['result', 'results'])('a worker of this version refuses the tag %s, and says what it is', (tag) => {
    expect(() => decode({ $: tag, of: 'w_1~2' })).toThrow(EncodeError)
    expect(() => decode({ list: [{ $: tag }] })).toThrow(/refers to the result of another task/)
    // A caller's object that looks like one is data.
    expect(decode(encode({ $: tag, of: 'x' }))).toEqual({ $: tag, of: 'x' })
  })
})

describe('the state WAITING', () => {
  const now = 1_000_000
  const message = { celeriac: 1, id: 'a', generation: 0, task: 't' } as const

  it('is open, and a worker that does not know workflows keeps its message', () => {
    expect(isTerminal('WAITING')).toBe(false)
    const record = newRecord(now, { state: 'WAITING' })
    const policy = resolveRetry(undefined, 't')
    expect(classify(message, record, policy, now)).toEqual({ kind: 'held', until: now + 300_000 })
    expect(classify(message, { ...record, generation: 1 }, policy, now)).toEqual({ kind: 'stale' })
  })
})

describe('message fields of versions to come', () => {
  const schema = JSON.parse(readFileSync(new URL('../../docs/message.schema.json', import.meta.url), 'utf8')) as {
    properties: Record<string, { description?: string }>
  }
  const reserved = Object.entries(schema.properties)
    .filter(([, { description }]) => description?.startsWith('Reserved'))
    .map(([name]) => name)

  it('are reserved in the schema', () => {
    expect(reserved).toEqual(expect.arrayContaining(['stamps', 'holds', 'keys', 'limits', 'order', 'priority', 'lane']))
  })

  it('are kept as they are, whatever they hold', () => {
    const fields = Object.fromEntries(reserved.map((name, index) => [name, { any: [index] }]))
    const message = { celeriac: 1, id: 'a', generation: 0, task: 't', ...fields }
    expect(JSON.parse(messageText(parseMessage(JSON.stringify(message))))).toEqual(message)
  })

  it('tenant and tags are checked', () => {
    const parse = (more: object) => parseMessage(JSON.stringify({ celeriac: 1, id: 'a', task: 't', ...more }))
    expect(parse({ tenant: 'acme', tags: ['a'] })).toMatchObject({ tenant: 'acme', tags: ['a'] })
    for (const wrong of [{ tenant: '' }, { tenant: 7 }, { tags: 'a' }, { tags: ['a|b'] }, { tags: [7] }])
      expect(() => parse(wrong)).toThrow(/tenant|tags/)
  })
})
