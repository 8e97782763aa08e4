import { describe, expect, it } from 'vitest'
import { classify } from '../../shared/core/classify.ts'
import type { TaskRecord } from '../../shared/core/record.ts'
import { existingTask } from '../../shared/enqueue/existing-task.ts'
import type { Queues, RecordChange, Records, WriteAnswer } from '../../shared/ports/index.ts'
import { CertainLedger, type ChangeOutcome } from '../../shared/protocol/certain-ledger.ts'
import { Acknowledgements } from '../../shared/worker/acknowledgements.ts'
import { ExclusiveLock } from '../../shared/worker/exclusive-lock.ts'
import { type WorkerParts, workerParts } from '../../shared/worker/index.ts'
import { type RunningTask, RunningTasks } from '../../shared/worker/running-tasks.ts'
import { type SimulatedParts, simulatedParts } from './parts.ts'
import type { Violation } from './predicates/index.ts'
import { planOf, simulate } from './simulate.ts'

/**
 * A simulator that finds nothing proves nothing. Each of these replaces one part of the product with one that breaks something the design asks for;
 * a few seeds must find it.
 */

/** The first seed that violates the guarantee. */
async function hunt(guarantee: RegExp, parts: SimulatedParts, most = 1_500): Promise<Violation | undefined> {
  for (let seed = 1; seed <= most; seed++) {
    // A broken variant may go round in circles: another seed tells sooner.
    const { violations } = await simulate(planOf(`variant-${seed}`), { timerLimit: 20_000, parts })
    const found = violations.find(({ predicate }) => guarantee.test(predicate))
    if (found !== undefined) return found
  }
  return undefined
}

const withWorker = (broken: Partial<WorkerParts>): SimulatedParts => ({
  ...simulatedParts,
  worker: { ...workerParts, ...broken },
})

const withRecords = (broken: (records: Records) => Partial<Records>): SimulatedParts => ({
  ...simulatedParts,
  portsOf: ({ records }) => ({ records: { ...records, ...broken(records) } }),
})

const withUpdate = (
  update: (changes: readonly RecordChange[], table: Records) => Promise<readonly WriteAnswer[]>,
): SimulatedParts => withRecords((records) => ({ update: (changes) => update(changes, records) }))

type Judge = typeof classify

const withVerdict = (judge: (original: Judge, ...args: Parameters<Judge>) => ReturnType<Judge>): SimulatedParts =>
  withWorker({
    triage: (received, known) => workerParts.triage(received, known, (...args) => judge(classify, ...args)),
  })

/** What a variant reads on the way. A read that fails tells it nothing. */
async function peek(table: Records, changes: readonly RecordChange[]): Promise<readonly (TaskRecord | undefined)[]> {
  const ids = changes.map(({ id }) => id)
  return table.read(ids, { consistent: true }).catch(() => ids.map(() => undefined))
}

const isSettlement = ({ set }: RecordChange) => set.state !== undefined && set.state !== 'STARTED'

/** Takes every answer but a plain yes for a no. */
class GullibleLedger extends CertainLedger {
  readonly #records: Records

  constructor(ports: ConstructorParameters<typeof CertainLedger>[0]) {
    super(ports)
    this.#records = ports.records
  }

  override async change(changes: readonly RecordChange[]): Promise<readonly ChangeOutcome[]> {
    const answers = await this.#records.update(changes)
    return answers.map((answer) =>
      answer.status === 'done' ? { status: 'done', record: answer.record } : { status: 'lost', record: undefined },
    )
  }
}

class ForgetfulAcknowledgements extends Acknowledgements {
  override keep(): void {}
}

/** Aborts runs for whatever it wants, but not because their lease is about to end. */
class UnfencedTasks extends RunningTasks {
  override add(task: RunningTask): void {
    super.add(Object.assign(task, { leaseUntil: Number.POSITIVE_INFINITY }))
  }
}

const variants: readonly (readonly [name: string, guarantee: RegExp, parts: () => SimulatedParts])[] = [
  [
    'settle without token',
    /G2/,
    () =>
      withUpdate(async (changes, table) => {
        const records = await peek(table, changes)
        return table.update(
          changes.map((change, index) =>
            isSettlement(change) ? { ...change, v: records[index]?.v ?? change.v } : change,
          ),
        )
      }),
  ],
  [
    'read-back after a lost answer left out',
    /G/,
    () => withWorker({ createLedger: (ports) => new GullibleLedger(ports) }),
  ],
  [
    'v bumped by progress',
    /G/,
    () =>
      withUpdate((changes, table) =>
        table.update(
          changes.map((change) => (change.set.progress !== undefined ? { ...change, transition: true } : change)),
        ),
      ),
  ],
  [
    'duplicates in a batch not grouped',
    /G/,
    () => withWorker({ groupById: (received) => received.map((first) => ({ first, duplicates: [] })) }),
  ],
  ['batch settled only at its end', /G4/, () => withWorker({ settleAfterMs: 1e9 })],
  ['ack before follow-ups', /G1/, () => withWorker({ createAcknowledgements: () => new ForgetfulAcknowledgements() })],
  [
    'receives counted as attempts',
    /G4/,
    () =>
      withWorker({
        startRun: (ready, deps) =>
          workerParts.startRun({ ...ready, attempt: ready.received.delivery.receiveCount - 1 }, deps),
      }),
  ],
  [
    'non-atomic claim',
    /G2/,
    () =>
      withUpdate(async (changes, table) => {
        const records = await peek(table, changes)
        // Looks first, then writes without a condition.
        const free = changes.filter((change, index) => change.set.state !== 'STARTED' || records[index]?.v === change.v)
        const later = await peek(table, free)
        const answers = await table.update(
          free.map((change, index) =>
            change.set.state === 'STARTED' ? { ...change, v: later[index]?.v ?? change.v } : change,
          ),
        )
        return changes.map((change) => {
          const index = free.indexOf(change)
          return index === -1 ? { status: 'refused' as const } : (answers[index] ?? { status: 'refused' as const })
        })
      }),
  ],
  [
    'unsent entries not returned',
    /G1/,
    () => ({
      ...simulatedParts,
      portsOf: ({ queues }, process) => ({
        queues: process.startsWith('client') ? { ...queues, send: claimingAllSent(queues) } : queues,
      }),
    }),
  ],
  [
    'dedup without sending again',
    /G1/,
    () => ({
      ...simulatedParts,
      existingTask: (...args) => {
        const existing = existingTask(...args)
        return existing === 'unclaimed' ? 'taken' : existing
      },
    }),
  ],
  [
    'withdrawal by deleting',
    /G/,
    () =>
      withUpdate((changes, table) =>
        table.update(
          changes.map((change) =>
            // As good as deleted: expired at once.
            change.set.reason === 'enqueue-failed' ? { ...change, set: { ...change.set, expiresAt: 1 } } : change,
          ),
        ),
      ),
  ],
  [
    'redrive told by message id',
    /G/,
    () => {
      const ids = new Map<string, Set<string>>()
      const messageIds = new WeakMap<object, string>()
      const judge: Judge = (message, record, policy, now) => {
        const messageId = messageIds.get(message) ?? ''
        const seen = ids.get(record.id) ?? new Set()
        ids.set(record.id, seen)
        const isNew = !seen.has(messageId)
        seen.add(messageId)
        return record.state === 'FAILURE' && isNew
          ? { kind: 'run', attempt: 0, opens: record.generation + 1, alone: false }
          : classify(message, record, policy, now)
      }
      return withWorker({
        triage: (received, known) => {
          for (const { message, delivery } of received) messageIds.set(message, delivery.messageId)
          return workerParts.triage(received, known, judge)
        },
      })
    },
  ],
  [
    'no refresh before retention',
    /G1/,
    () =>
      withWorker({
        planWait: ({ waitMs }) => ({
          kind: 'hide',
          seconds: Math.ceil(Math.min(Math.max(0, waitMs), 43_200_000) / 1_000),
        }),
      }),
  ],
  [
    'record expiring before its message',
    /G/,
    () =>
      withUpdate((changes, table) =>
        table.update(
          changes.map((change) => {
            const { finishedAt, expiresAt } = change.set
            if (finishedAt === undefined || expiresAt === undefined) return change
            return { ...change, set: { ...change.set, expiresAt: Math.ceil((finishedAt + 60_000) / 1_000) } }
          }),
        ),
      ),
  ],
  [
    'the input of a record that is there taken to be there, too',
    /G1/,
    () => ({ ...simulatedParts, portsOf: ({ inputs }) => ({ inputs: { ...inputs, write: async () => {} } }) }),
  ],
  [
    'an input whose writer died before it left out',
    /G1/,
    () => withWorker({ triage: (...args) => ({ ...workerParts.triage(...args), inputs: [] }) }),
  ],
  [
    'no read is consistent',
    /callers see the result/,
    () => withRecords((records) => ({ read: (ids) => records.read(ids, { consistent: false }) })),
  ],
  [
    'a crash in company counted',
    /G4/,
    () =>
      withVerdict((original, ...args) => {
        const verdict = original(...args)
        return verdict.kind === 'run' && verdict.crashed === 'in-company'
          ? { ...verdict, attempt: verdict.attempt + 1 }
          : verdict
      }),
  ],
  [
    'suspects not isolated',
    /G4/,
    () =>
      withVerdict((original, ...args) => {
        const verdict = original(...args)
        return verdict.kind === 'run' ? { ...verdict, alone: false } : verdict
      }),
  ],
  [
    'neighbours in other batches of a container forgotten',
    /G4/,
    () => withWorker({ createLock: () => new ExclusiveLock(1) }),
  ],
  [
    'a run goes on when its lease cannot be renewed',
    /G2 one run at a time/,
    () => withWorker({ createRunningTasks: (...args) => new UnfencedTasks(...args) }),
  ],
  [
    'too-early delivery run',
    /G2/,
    () =>
      withVerdict((original, ...args) => {
        const verdict = original(...args)
        return verdict.kind === 'early' ? { kind: 'run', attempt: args[1].attempt, alone: false } : verdict
      }),
  ],
  [
    'stale generation run',
    /G/,
    () =>
      withVerdict((original, ...args) => {
        const [message, record] = args
        return message.generation >= record.generation
          ? original(...args)
          : { kind: 'run', attempt: 0, opens: record.generation + 1, alone: false }
      }),
  ],
  [
    'throttled statement taken as success',
    /G/,
    () =>
      withUpdate(async (changes, table) => {
        const answers = await table.update(changes)
        const records = await peek(table, changes)
        return answers.map((answer, index) => {
          const change = changes[index]
          const record = records[index]
          if (answer.status !== 'throttled' || change === undefined || record === undefined) return answer
          const imagined: TaskRecord = { ...record, ...change.set, v: change.v + (change.transition ? 1 : 0) }
          return { status: 'done', record: imagined }
        })
      }),
  ],
]

function claimingAllSent(queues: Queues): Queues['send'] {
  return async (queue, messages) => (await queues.send(queue, messages)).map(() => ({ status: 'sent', messageId: '?' }))
}

describe('a broken variant is caught', () => {
  it.each(variants)('%s', { timeout: 300_000 }, async (_name, guarantee, parts) => {
    expect(await hunt(guarantee, parts())).toMatchObject({ predicate: expect.stringMatching(guarantee) })
  })
})
