import { describe, expect, it } from 'vitest'
import type { TaskRecord } from '../../shared/core/record.ts'
import {
  adoptRecord,
  changed,
  claimRecord,
  countHandBack,
  forgetRecord,
  type RecordChange,
  renewLease,
  reopenRecord,
  requestRevocation,
  revokeRecord,
  settleRecord,
  writeProgress,
} from '../../shared/core/transitions.ts'

const now = 1_767_225_600_000

/** A record that has every field. */
const full: Required<TaskRecord> = {
  id: 'id',
  v: 7,
  generation: 1,
  state: 'FAILURE',
  task: 'work',
  queue: 'main',
  input: '1',
  inputRef: 'ref',
  inputHash: 'hash',
  attempt: 3,
  alone: true,
  token: 'old',
  leaseUntil: now - 1,
  handBacks: 2,
  enqueuedAt: now - 1_000,
  availableAt: now - 900,
  startedAt: now - 800,
  finishedAt: now - 100,
  expires: now + 1_000,
  keyUntil: now + 1_000,
  result: '2',
  resultUntil: now + 1_000,
  error: '{"name":"Error","message":"no"}',
  attempts: '[]',
  progress: '3',
  revokeRequestedAt: now,
  reason: 'failure',
  forgotten: true,
  root: 'root',
  parent: 'parent',
  envelope: '{}',
  expiresAt: 1,
  fingerprint: 'a0123456789ab',
  errorName: 'Error',
  errorText: 'no',
  tenant: 'acme',
  tags: '|a|',
  by: 'worker-0',
  build: 'build-0',
}

const bare: TaskRecord = {
  id: 'id',
  v: 1,
  generation: 0,
  state: 'QUEUED',
  task: 'work',
  queue: 'main',
  inputHash: 'other',
  attempt: 0,
  token: 'new',
  enqueuedAt: now,
}

const scrub = (text: string) => text

describe('what a transition leaves of a record', () => {
  it('reopening a key: nothing but the new call, two generations on', () => {
    const change = reopenRecord(full, { ...bare, queue: 'other', input: '5' }, 'token')
    const expected = { ...bare, queue: 'other', input: '5', v: 8, generation: 3, token: 'token' }
    expect(changed(full, change)).toEqual(expected)
    expect(change.queue).toBe('other')
  })

  it('a redrive: the call stays, what came of it is gone', () => {
    const { id, v, queue } = full
    const change = claimRecord({
      id,
      v,
      queue,
      token: 'token',
      now,
      leaseUntil: now + 60_000,
      alone: false,
      record: full,
      claimant: { by: 'worker-1' },
      attempt: 0,
      opens: 2,
    })
    expect(changed(full, change)).toEqual({
      id: 'id',
      v: 8,
      generation: 2,
      state: 'STARTED',
      task: 'work',
      queue: 'main',
      input: '1',
      inputRef: 'ref',
      inputHash: 'hash',
      attempt: 0,
      alone: false,
      token: 'token',
      leaseUntil: now + 60_000,
      enqueuedAt: now,
      startedAt: now,
      keyUntil: now + 1_000,
      root: 'root',
      parent: 'parent',
      envelope: '{}',
      tenant: 'acme',
      tags: '|a|',
      by: 'worker-1',
    })
  })

  it('a redrive that ends without a run opens its generation, too', () => {
    const settlement = {
      state: 'FAILURE',
      counts: false,
      error: new Error('unknown'),
      deadLetter: 'unknown-task',
    } as const
    const change = settleRecord({ record: full, token: 't', settlement, now, resultTtlMs: 5, scrub, opens: 2 })
    expect(changed(full, change)).toMatchObject({ generation: 2, attempt: 0, state: 'FAILURE', reason: 'unknown-task' })
  })

  it('a revocation: the lease is gone', () => {
    const after = changed(full, revokeRecord(full, 'token', now, 60_000, 'revoked'))
    expect(after).toMatchObject({ state: 'REVOKED', reason: 'revoked', finishedAt: now, resultUntil: now + 60_000 })
    expect(after).not.toHaveProperty('leaseUntil')
    expect(after).not.toHaveProperty('alone')
  })

  it('forgetting: neither what was given nor what was left', () => {
    const { set, remove = [] } = forgetRecord(full)
    expect(set).toEqual({ forgotten: true })
    expect([...remove].sort()).toEqual(
      ['attempts', 'envelope', 'error', 'errorText', 'input', 'inputRef', 'progress', 'result'].sort(),
    )
  })
})

it.each<[string, RecordChange, boolean]>([
  ['adopting', adoptRecord(full, 'token'), true],
  ['a request to stop', requestRevocation(full, now), false],
  ['forgetting', forgetRecord(full), false],
  ['progress', writeProgress(full, '1'), false],
  ['renewing a lease', renewLease(full, now), false],
  ['a hand-back', countHandBack(full), false],
])('%s expects the version that was read, and raises it only as a transition', (_name, change, transition) => {
  expect(change).toMatchObject({ id: 'id', v: 7, queue: 'main', transition })
})

it('hand-backs are counted from none', () => {
  expect(countHandBack(full).set).toEqual({ handBacks: 3 })
  expect(countHandBack(bare).set).toEqual({ handBacks: 1 })
})
