import { describe, expect, it } from 'vitest'
import { defineApp } from '../../shared/core/app.ts'
import { recordOfMessage } from '../../shared/core/call.ts'
import type { TaskMessage } from '../../shared/core/message.ts'
import type { TaskRecord } from '../../shared/core/record.ts'
import { receive } from '../../shared/worker/receive.ts'
import type { ReceivedTask } from '../../shared/worker/received-task.ts'
import { type Knowledge, type Plan, triage, triageDuplicates } from '../../shared/worker/triage.ts'

const now = 1_767_225_600_000
const minute = 60_000
const app = defineApp({ name: 'shop', queues: { main: {} } })
app.add('work', { retry: { maxRetries: 1 } }, () => 1)
app.add('forget', { ledger: 'off', retry: { maxRetries: 1 } }, () => 1)
const queue = app.queues.main
if (queue === undefined) throw new Error('No queue.')

interface Given {
  readonly message?: Partial<TaskMessage>
  readonly receiveCount?: number
  readonly firstReceivedAt?: number
  /** `undefined`: there is none. Left out: it was not read. */
  readonly record?: Partial<TaskRecord> | undefined
  readonly pausedWaitMs?: number
  readonly askedAt?: number
}

const recordOf = (fields: Partial<TaskRecord>): TaskRecord => ({
  id: 'id',
  v: 1,
  generation: 0,
  state: 'QUEUED',
  task: 'work',
  queue: 'main',
  inputHash: 'hash',
  attempt: 0,
  token: 'token',
  enqueuedAt: now - minute,
  ...fields,
})

function receivedOf({ message, receiveCount = 1, firstReceivedAt = now }: Given): ReceivedTask {
  const body = { celeriac: 1, id: 'id', task: 'work', generation: 0, v: 1, sentAt: now - minute, ...message }
  const delivery = { messageId: 'm', receipt: 'r', receiveCount, sentAt: now - minute, firstReceivedAt, attributes: {} }
  const { received } = receive([{ ...delivery, body: JSON.stringify(body) }], app.tasks, queue as never)
  return received[0] as ReceivedTask
}

/** Where one delivery went, in a word, and what it became. */
function judge(given: Given): readonly [keyof Plan | 'nowhere', unknown] {
  const records = new Map('record' in given ? [['id', given.record && recordOf(given.record)]] : [])
  const known: Knowledge = {
    queue: 'main',
    now,
    askedAt: given.askedAt ?? now,
    records,
    pausedWaitMs: given.pausedWaitMs,
  }
  const { inputs: _inputs, ...plan } = triage([receivedOf(given)], known)
  for (const lane of Object.keys(plan) as (keyof typeof plan)[]) if (plan[lane].length > 0) return [lane, plan[lane][0]]
  return ['nowhere', undefined]
}

const leaseOver = { state: 'STARTED', leaseUntil: now - 1, startedAt: now - minute } as const
const later = now + 10 * minute
const early = { effects: [{ kind: 'come-back', at: later }] }
const acknowledge = { effects: [{ kind: 'acknowledge' }] }

describe('one delivery', () => {
  it.each<[string, Given, keyof Plan, object]>([
    // Not read.
    ['a first receive that carries a version', {}, 'together', { record: undefined, attempt: 0, alone: false }],
    ['a second receive', { receiveCount: 2 }, 'read', {}],
    ['the message of a foreign producer', { message: { v: undefined as never } }, 'read', {}],
    ['a first receive before its time', { message: { availableAt: later } }, 'read', {}],
    ['a first receive past its expiry', { message: { expires: now - 1 } }, 'read', {}],
    ['a task nobody knows', { message: { task: 'other' } }, 'read', {}],
    // Paused.
    [
      'a fresh message of a paused queue',
      { pausedWaitMs: 5_000 },
      'followUps',
      { effects: [{ kind: 'come-back', at: now + 5_000 }], event: 'handed-back' },
    ],
    [
      'an old message of a paused queue',
      { pausedWaitMs: 5_000, message: { sentAt: now - 7 * 60 * minute } },
      'read',
      {},
    ],
    [
      'a message of a paused queue whose task is over',
      { pausedWaitMs: 5_000, record: { state: 'SUCCESS' } },
      'followUps',
      acknowledge,
    ],
    [
      'a message of a paused queue, of an earlier generation',
      { pausedWaitMs: 5_000, record: { generation: 2 } },
      'followUps',
      { ...acknowledge, event: 'stale' },
    ],
    [
      'a message of a paused queue whose task is open',
      { pausedWaitMs: 5_000, record: {} },
      'followUps',
      { effects: [{ kind: 'come-back', at: now + 5_000 }] },
    ],
    // Read.
    ['a task that waits', { record: { v: 3, attempt: 1 } }, 'together', { attempt: 1, alone: false }],
    ['a task without a record', { record: undefined }, 'together', { record: null, attempt: 0 }],
    [
      'a task without a record, before its time',
      { record: undefined, message: { availableAt: later } },
      'followUps',
      early,
    ],
    ['a task before its time', { record: { availableAt: later } }, 'followUps', early],
    ['a task past its expiry', { record: { expires: now - 1 } }, 'endings', { outcome: { kind: 'expired' } }],
    ['a task to be revoked', { record: { revokeRequestedAt: now } }, 'endings', { outcome: { kind: 'revoked' } }],
    [
      'a task that another worker runs',
      { record: { state: 'STARTED', leaseUntil: now + 7_000 } },
      'followUps',
      { effects: [{ kind: 'hide', waitMs: 7_000 }] },
    ],
    [
      'a lease that ended while the table answered',
      { record: leaseOver, askedAt: now - 2 },
      'followUps',
      { effects: [{ kind: 'hide', waitMs: 1_000 }] },
    ],
    ['a crash in company', { record: leaseOver }, 'alone', { crashed: 'in-company', attempt: 0 }],
    ['a crash alone', { record: { ...leaseOver, alone: true } }, 'alone', { crashed: 'alone', attempt: 1 }],
    [
      'a crash alone, with no retries left',
      { record: { ...leaseOver, alone: true, attempt: 1 } },
      'endings',
      { outcome: { kind: 'lost' }, startedAt: now - minute },
    ],
    [
      'a task that succeeded',
      { record: { state: 'SUCCESS' } },
      'followUps',
      { ...acknowledge, event: 'finished-again' },
    ],
    [
      'a task that failed',
      { record: { state: 'FAILURE', reason: 'failure', attempt: 4 } },
      'followUps',
      { effects: [{ kind: 'dead-letter', reason: 'failure', attempt: 4 }, { kind: 'acknowledge' }] },
    ],
    ['an earlier generation', { record: { generation: 2 } }, 'followUps', { ...acknowledge, event: 'stale' }],
    [
      'a redrive of a task that failed',
      { message: { generation: 1 }, record: { state: 'FAILURE', attempt: 4 } },
      'together',
      { opens: 1, attempt: 0 },
    ],
    [
      'a task nobody knows, received just now',
      { message: { task: 'other' }, record: {} },
      'followUps',
      { effects: [{ kind: 'hide', waitMs: 5_000 }], warning: { code: 'unknown-task' } },
    ],
    [
      'a task nobody knew for 15 minutes',
      { message: { task: 'other' }, record: {}, firstReceivedAt: now - 15 * minute },
      'endings',
      { outcome: { kind: 'unknown-task' } },
    ],
    [
      'a foreign task nobody knew for 15 minutes',
      { message: { task: 'other' }, record: undefined, firstReceivedAt: now - 15 * minute },
      'endings',
      { record: null, outcome: { kind: 'unknown-task' } },
    ],
    // Without ledger: never read, never paused.
    ['without ledger', { message: { task: 'forget', ledger: 'off' }, pausedWaitMs: 5_000 }, 'together', { attempt: 0 }],
    [
      'without ledger, again',
      { message: { task: 'forget', ledger: 'off' }, receiveCount: 2 },
      'together',
      { attempt: 1 },
    ],
    [
      'without ledger, once too often',
      { message: { task: 'forget', ledger: 'off' }, receiveCount: 3 },
      'endings',
      { record: undefined, outcome: { kind: 'lost' } },
    ],
    [
      'without ledger, past its expiry',
      { message: { task: 'forget', ledger: 'off', expires: now - 1 } },
      'endings',
      { outcome: { kind: 'expired' } },
    ],
    [
      'without ledger, before its time',
      { message: { task: 'forget', ledger: 'off', availableAt: later } },
      'followUps',
      early,
    ],
  ])('%s', (_name, given, lane, expected) => {
    const [where, what] = judge(given)
    expect(where).toBe(lane)
    expect(lane === 'read' ? {} : what).toMatchObject(expected)
  })

  it('of a foreign producer writes the input again while its record stands as it was made', () => {
    const input = { text: 'x'.repeat(2_000) }
    const received = receivedOf({ message: { v: undefined as never, input }, receiveCount: 2 })
    const known = { queue: 'main', now, askedAt: now }
    const first = triage([received], { ...known, records: new Map([['id', undefined]]) })
    expect(first.inputs).toEqual([])
    const missing = (record: Partial<TaskRecord>) =>
      triage([received], { ...known, records: new Map([['id', recordOf(record)]]) }).inputs
    expect(missing({ inputRef: 'another' })).toEqual([])
    const [ref] = missing({ inputRef: inputRefOf(received) })
    expect(ref?.item).toMatchObject({ id: 'id', body: JSON.stringify(input) })
    expect(missing({ inputRef: inputRefOf(received), v: 2 })).toEqual([])
  })
})

function inputRefOf({ message }: ReceivedTask): string {
  return recordOfMessage(message, 'main', now, 'token').inputItem?.ref ?? ''
}

describe('further copies in a batch', () => {
  it.each<[string, Partial<TaskRecord> | undefined, object]>([
    ['of a task that is over now', { state: 'SUCCESS' }, { kind: 'acknowledge' }],
    ['of an earlier generation', { generation: 1 }, { kind: 'acknowledge' }],
    ['of a task that is open', { state: 'STARTED' }, { kind: 'hide', waitMs: 1_000 }],
    ['of a task without a record', undefined, { kind: 'hide', waitMs: 1_000 }],
  ])('%s', (_name, record, effect) => {
    const records = new Map([['id', record && recordOf(record)]])
    expect(triageDuplicates([receivedOf({})], records)).toMatchObject([{ effects: [effect] }])
  })
})
