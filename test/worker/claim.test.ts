import { describe, expect, it } from 'vitest'
import { defineApp } from '../../shared/core/app.ts'
import type { TaskRecord } from '../../shared/core/record.ts'
import { resolveRetry } from '../../shared/core/retry.ts'
import { seededRandom } from '../../shared/memory/seeded-random.ts'
import type { RecordChange } from '../../shared/ports/index.ts'
import type { CertainLedger, ChangeOutcome } from '../../shared/protocol/certain-ledger.ts'
import { claimWave } from '../../shared/worker/claim.ts'
import type { Candidate } from '../../shared/worker/triage.ts'

const now = 1_767_225_600_000
const definition = defineApp({ name: 'shop', queues: { main: {} } }).add('work', {}, () => 1)
const message = { celeriac: 1, id: 'id', generation: 0, v: 1, task: 'work' } as const
const candidate: Candidate = {
  received: {
    delivery: {
      messageId: 'm',
      receipt: 'r',
      body: JSON.stringify(message),
      receiveCount: 1,
      sentAt: 0,
      firstReceivedAt: 0,
      attributes: {},
    },
    message,
    task: undefined,
    withoutLedger: false,
  },
  task: {
    definition,
    policy: resolveRetry(undefined, 'work'),
    timeLimitMs: 1_000,
    softTimeLimitMs: undefined,
    ignoreResult: false,
  },
  record: undefined,
  attempt: 0,
  alone: false,
}

/** Claims by a ledger that answers so, and tells what it was asked. */
async function claim(given: Partial<Candidate>, answer: ChangeOutcome) {
  const changes: RecordChange[] = []
  const ledger = {
    change: async (asked: readonly RecordChange[]) => {
      changes.push(...asked)
      return [answer]
    },
  } as unknown as CertainLedger
  const [claimed] = await claimWave([{ ...candidate, ...given }], {
    ledger,
    random: seededRandom(1),
    queue: 'main',
    now,
    leaseUntil: now + 60_000,
    alone: true,
    claimant: { by: 'worker-1' },
  })
  return { claimed, changes }
}

describe('a claim', () => {
  it('fails when the table answers without the record: nothing runs', async () => {
    const { claimed } = await claim({}, { status: 'done', record: undefined })
    const error = new Error('The ledger returned no record.')
    expect(claimed).toEqual({ status: 'failed', candidate, error, maybeClaimed: true })
  })

  const crashed: TaskRecord = {
    id: 'id',
    v: 4,
    generation: 0,
    state: 'STARTED',
    task: 'work',
    queue: 'main',
    inputHash: 'hash',
    attempt: 1,
    token: 'token',
    enqueuedAt: now - 90_000,
  }

  it.each<[string, Partial<TaskRecord>, object]>([
    [
      'from its begin to the end of its lease',
      { startedAt: now - 80_000, leaseUntil: now - 10_000 },
      { startedAt: now - 80_000, endedAt: now - 10_000 },
    ],
    [
      'until now, should clocks differ',
      { startedAt: now - 80_000, leaseUntil: now + 10_000 },
      { startedAt: now - 80_000, endedAt: now },
    ],
    ['as an instant, when the record tells neither', {}, { startedAt: now, endedAt: now }],
  ])('of a task whose worker died puts the crash into its history: %s', async (_name, fields, times) => {
    const record = { ...crashed, ...fields }
    const { changes } = await claim({ record, attempt: 2, crashed: 'alone', alone: true }, { status: 'done', record })
    expect(changes).toMatchObject([{ v: 4, set: { state: 'STARTED', attempt: 2 } }])
    expect(JSON.parse(changes[0]?.set.attempts ?? '')).toMatchObject([
      { attempt: 2, outcome: 'crash', error: { name: 'WorkerLostError' }, ...times },
    ])
  })
})
