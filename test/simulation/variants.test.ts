import { afterEach, describe, expect, it, vi } from 'vitest'
import type { TaskRecord } from '../../shared/core/record.ts'
import type { Inputs, Queues, RecordChange, Records, WriteAnswer } from '../../shared/ports/index.ts'
import type { Arrival } from '../../shared/worker/arrival.ts'
import type { Violation } from './predicates/index.ts'
import { planOf, simulate } from './simulate.ts'

/**
 * A simulator that finds nothing proves nothing. Each of these breaks one thing that the design asks for; a few seeds must find it.
 *
 * Modules are replaced, not switched: the product knows nothing of this. `broken` holds what the replaced functions do at the moment.
 */
const broken = vi.hoisted(() => ({
  classify: undefined as undefined | ((...args: never[]) => unknown),
  groupById: undefined as undefined | ((...args: never[]) => unknown),
  planWait: undefined as undefined | ((...args: never[]) => unknown),
  expiresAtSeconds: undefined as undefined | ((...args: never[]) => unknown),
  standingOf: undefined as undefined | ((...args: never[]) => unknown),
  completeInput: undefined as undefined | (() => Promise<void>),
  startRun: undefined as undefined | ((...args: never[]) => unknown),
  claimWave: undefined as undefined | ((...args: never[]) => unknown),
  flushMs: undefined as undefined | number,
  fates: undefined as undefined | 'forgetful',
  records: undefined as undefined | ((records: never) => unknown),
  inputs: undefined as undefined | ((inputs: never) => unknown),
  queues: undefined as undefined | ((queues: never, process: string) => unknown),
  certain: undefined as undefined | 'gullible',
  company: undefined as undefined | 'unknown',
  running: undefined as undefined | 'unfenced',
}))

type Mock = Record<string, (...args: unknown[]) => unknown>

vi.mock('../../shared/core/classify.ts', async (original) => {
  const module = (await original()) as Mock
  const { classify } = module
  return {
    ...module,
    classify: (...args: unknown[]) =>
      broken.classify ? broken.classify(...([classify, ...args] as never[])) : classify?.(...args),
  }
})

vi.mock('../../shared/worker/arrival.ts', async (original) => {
  const module = (await original()) as Mock
  const { groupById } = module
  return {
    ...module,
    groupById: (...args: unknown[]) =>
      broken.groupById ? broken.groupById(...([groupById, ...args] as never[])) : groupById?.(...args),
  }
})

vi.mock('../../shared/core/transport.ts', async (original) => {
  const module = (await original()) as Mock
  const { planWait } = module
  return {
    ...module,
    planWait: (...args: unknown[]) => (broken.planWait ? broken.planWait(...(args as never[])) : planWait?.(...args)),
  }
})

vi.mock('../../shared/core/lifetime.ts', async (original) => {
  const module = (await original()) as Mock
  const { expiresAtSeconds } = module
  return {
    ...module,
    expiresAtSeconds: (...args: unknown[]) =>
      broken.expiresAtSeconds ? broken.expiresAtSeconds(...(args as never[])) : expiresAtSeconds?.(...args),
  }
})

vi.mock('../../shared/enqueue/opening.ts', async (original) => {
  const module = (await original()) as Mock
  const { standingOf } = module
  return {
    ...module,
    standingOf: (...args: unknown[]) =>
      broken.standingOf ? broken.standingOf(...([standingOf, ...args] as never[])) : standingOf?.(...args),
  }
})

vi.mock('../../shared/worker/inputs.ts', async (original) => {
  const module = (await original()) as Mock
  const { completeInput } = module
  return {
    ...module,
    completeInput: (...args: unknown[]) => (broken.completeInput ?? completeInput)?.(...args),
  }
})

vi.mock('../../shared/worker/run.ts', async (original) => {
  const module = (await original()) as Mock
  const { startRun } = module
  return {
    ...module,
    startRun: (...args: unknown[]) =>
      broken.startRun ? broken.startRun(...([startRun, ...args] as never[])) : startRun?.(...args),
  }
})

vi.mock('../../shared/core/defaults.ts', async (original) => {
  const module = (await original()) as Record<string, unknown>
  return {
    ...module,
    get flushMs() {
      return broken.flushMs ?? module.flushMs
    },
  }
})

vi.mock('../../shared/worker/fates.ts', async (original) => {
  const { Fates } = (await original()) as typeof import('../../shared/worker/fates.ts')
  class Forgetful extends Fates {
    override keep(delivery: Parameters<InstanceType<typeof Fates>['keep']>[0]): void {
      if (broken.fates !== 'forgetful') super.keep(delivery)
    }
  }
  return { Fates: Forgetful }
})

vi.mock('../../shared/worker/company.ts', async (original) => {
  const { Company } = (await original()) as typeof import('../../shared/worker/company.ts')
  class MaybeUnknown extends Company {
    constructor(batches: number) {
      super(broken.company === 'unknown' ? 1 : batches)
    }
  }
  return { Company: MaybeUnknown }
})

vi.mock('../../shared/worker/running-tasks.ts', async (original) => {
  const module = (await original()) as typeof import('../../shared/worker/running-tasks.ts')
  type Task = Parameters<InstanceType<typeof module.RunningTasks>['add']>[0]
  class MaybeUnfenced extends module.RunningTasks {
    override add(task: Task): void {
      // One that aborts for whatever it wants, but not because its own lease is about to end.
      super.add(broken.running === 'unfenced' ? Object.assign(task, { leaseUntil: Number.POSITIVE_INFINITY }) : task)
    }
  }
  return { ...module, RunningTasks: MaybeUnfenced }
})

vi.mock('../../shared/testing/simulated-process.ts', async (original) => {
  const module = (await original()) as typeof import('../../shared/testing/simulated-process.ts')
  class BrokenProcess extends module.SimulatedProcess {
    constructor(options: ConstructorParameters<typeof module.SimulatedProcess>[0]) {
      super(options)
      // Between the code and the faults: what the code makes of an answer, not what the service does.
      const ports = this.ports as { records: Records; inputs: Inputs; queues: Queues }
      if (broken.records) ports.records = broken.records(ports.records as never) as Records
      if (broken.inputs) ports.inputs = broken.inputs(ports.inputs as never) as Inputs
      if (broken.queues) ports.queues = broken.queues(ports.queues as never, options.name) as Queues
    }
  }
  return { ...module, SimulatedProcess: BrokenProcess }
})

vi.mock('../../shared/protocol/certain-ledger.ts', async (original) => {
  const { CertainLedger } = (await original()) as typeof import('../../shared/protocol/certain-ledger.ts')
  type Ports = ConstructorParameters<typeof CertainLedger>[0]
  class MaybeGullible extends CertainLedger {
    readonly #records: Records
    constructor(ports: Ports, patienceMs?: number) {
      super(ports, patienceMs)
      this.#records = ports.records
    }
    override async change(changes: readonly RecordChange[]) {
      if (broken.certain !== 'gullible') return super.change(changes)
      const answers = await this.#records.update(changes)
      return answers.map((answer) =>
        answer.status === 'done'
          ? { status: 'done' as const, record: answer.record }
          : { status: 'lost' as const, record: undefined },
      )
    }
  }
  return { CertainLedger: MaybeGullible }
})

afterEach(() => {
  for (const name of Object.keys(broken) as (keyof typeof broken)[]) broken[name] = undefined as never
})

/** The first seed that violates the guarantee. */
async function hunt(guarantee: RegExp, most = 1_500): Promise<Violation | undefined> {
  for (let seed = 1; seed <= most; seed++) {
    // A broken variant may go round in circles: another seed tells sooner.
    const { violations } = await simulate(planOf(`variant-${seed}`), { timerLimit: 20_000 })
    const found = violations.find(({ predicate }) => guarantee.test(predicate))
    if (found !== undefined) return found
  }
  return undefined
}

/** What a variant reads on the way; a read that fails tells it nothing. */
async function peek(records: Records, changes: readonly RecordChange[]): Promise<readonly (TaskRecord | undefined)[]> {
  const ids = changes.map(({ id }) => id)
  return records.read(ids, { consistent: true }).catch(() => ids.map(() => undefined))
}

const updating =
  (change: (changes: readonly RecordChange[], records: Records) => Promise<readonly WriteAnswer[]>) =>
  (records: Records) => ({
    ...records,
    update: (changes: readonly RecordChange[]) => change(changes, records),
  })

const isSettlement = ({ set }: RecordChange) => set.state !== undefined && set.state !== 'STARTED'

type Classify = typeof import('../../shared/core/classify.ts').classify
type ClassifyArgs = Parameters<Classify>

const variants: readonly (readonly [name: string, guarantee: RegExp, breakIt: () => void])[] = [
  [
    'settle without token',
    /G2/,
    () => {
      broken.records = updating(async (changes, records) => {
        const found = await peek(records, changes)
        return records.update(
          changes.map((change, index) =>
            isSettlement(change) ? { ...change, v: found[index]?.v ?? change.v } : change,
          ),
        )
      }) as never
    },
  ],
  [
    'read-back after a lost answer left out',
    /G/,
    () => {
      broken.certain = 'gullible'
    },
  ],
  [
    'v bumped by progress',
    /G/,
    () => {
      broken.records = updating((changes, records) =>
        records.update(
          changes.map((change) => (change.set.progress !== undefined ? { ...change, transition: true } : change)),
        ),
      ) as never
    },
  ],
  [
    'duplicates in a batch not grouped',
    /G/,
    () => {
      broken.groupById = ((_original: unknown, arrivals: readonly Arrival[]) =>
        arrivals.map((first) => ({ first, duplicates: [] }))) as never
    },
  ],
  [
    'batch settled only at its end',
    /G4/,
    () => {
      broken.flushMs = 1e9
    },
  ],
  [
    'ack before follow-ups',
    /G1/,
    () => {
      broken.fates = 'forgetful'
    },
  ],
  [
    'receives counted as attempts',
    /G4/,
    () => {
      broken.startRun = ((original: (setting: object) => unknown, setting: { arrival: Arrival; attempt: number }) =>
        original({ ...setting, attempt: setting.arrival.delivery.receiveCount - 1 })) as never
    },
  ],
  [
    'non-atomic claim',
    /G2/,
    () => {
      broken.records = updating(async (changes, records) => {
        const found = await peek(records, changes)
        // Looks first, then writes without a condition.
        const free = changes.filter((change, index) => change.set.state !== 'STARTED' || found[index]?.v === change.v)
        const later = await peek(records, free)
        const answers = await records.update(
          free.map((change, index) =>
            change.set.state === 'STARTED' ? { ...change, v: later[index]?.v ?? change.v } : change,
          ),
        )
        return changes.map((change) => {
          const index = free.indexOf(change)
          return index === -1 ? { status: 'refused' as const } : (answers[index] ?? { status: 'refused' as const })
        })
      }) as never
    },
  ],
  [
    'unsent entries not returned',
    /G1/,
    () => {
      broken.queues = ((queues: Queues, process: string): Queues =>
        process.startsWith('client')
          ? {
              ...queues,
              send: async (queue, messages) =>
                (await queues.send(queue, messages)).map(() => ({ status: 'sent' as const, messageId: '?' })),
            }
          : queues) as never
    },
  ],
  [
    'dedup without sending again',
    /G1/,
    () => {
      broken.standingOf = ((original: (...args: unknown[]) => string, ...args: unknown[]) => {
        const standing = original(...args)
        return standing === 'unclaimed' ? 'taken' : standing
      }) as never
    },
  ],
  [
    'withdrawal by deleting',
    /G/,
    () => {
      broken.records = updating((changes, records) =>
        records.update(
          changes.map((change) =>
            // As good as deleted: expired at once.
            change.set.reason === 'enqueue-failed' ? { ...change, set: { ...change.set, expiresAt: 1 } } : change,
          ),
        ),
      ) as never
    },
  ],
  [
    'redrive told by message id',
    /G/,
    () => {
      const ids = new Map<string, Set<string>>()
      const bodies = new WeakMap<object, string>()
      broken.groupById = ((original: (arrivals: readonly Arrival[]) => unknown, arrivals: readonly Arrival[]) => {
        for (const { message, delivery } of arrivals) bodies.set(message, delivery.messageId)
        return original(arrivals)
      }) as never
      broken.classify = ((original: Classify, ...[message, record, policy, now]: ClassifyArgs) => {
        const messageId = bodies.get(message) ?? ''
        const seen = ids.get(record.id) ?? new Set()
        ids.set(record.id, seen)
        const isNew = !seen.has(messageId)
        seen.add(messageId)
        if (record.state === 'FAILURE' && isNew)
          return { kind: 'run', attempt: 0, opens: record.generation + 1, alone: false }
        return original(message, record, policy, now)
      }) as never
    },
  ],
  [
    'no refresh before retention',
    /G1/,
    () => {
      broken.planWait = (({ waitMs }: { waitMs: number }) => ({
        kind: 'hide',
        seconds: Math.ceil(Math.min(Math.max(0, waitMs), 43_200_000) / 1_000),
      })) as never
    },
  ],
  [
    'record expiring before its message',
    /G/,
    () => {
      broken.expiresAtSeconds = ((finishedAt: number, resultTtlMs: number) =>
        Math.ceil((finishedAt + Math.min(resultTtlMs, 60_000)) / 1_000)) as never
    },
  ],
  [
    'the input of a record that is there taken to be there, too',
    /G1/,
    () => {
      broken.inputs = ((inputs: Inputs) => ({ ...inputs, write: async () => {} })) as never
    },
  ],
  [
    'an input whose writer died before it left out',
    /G1/,
    () => {
      broken.completeInput = async () => {}
    },
  ],
  [
    'no read is consistent',
    /callers see the result/,
    () => {
      broken.records = ((records: Records) => ({
        ...records,
        read: (ids: readonly string[]) => records.read(ids, { consistent: false }),
      })) as never
    },
  ],
  [
    'a crash in company counted',
    /G4/,
    () => {
      broken.classify = ((original: Classify, ...args: ClassifyArgs) => {
        const verdict = original(...args)
        return verdict.kind === 'run' && verdict.crashed === 'in-company'
          ? { ...verdict, attempt: verdict.attempt + 1 }
          : verdict
      }) as never
    },
  ],
  [
    'suspects not isolated',
    /G4/,
    () => {
      broken.classify = ((original: Classify, ...args: ClassifyArgs) => {
        const verdict = original(...args)
        return verdict.kind === 'run' ? { ...verdict, alone: false } : verdict
      }) as never
    },
  ],
  [
    'neighbours in other batches of a container forgotten',
    /G4/,
    () => {
      broken.company = 'unknown'
    },
  ],
  [
    'a run goes on when its lease cannot be renewed',
    /G2 one run at a time/,
    () => {
      broken.running = 'unfenced'
    },
  ],
  [
    'too-early delivery run',
    /G2/,
    () => {
      broken.classify = ((original: Classify, ...[message, record, policy, now]: ClassifyArgs) => {
        const verdict = original(message, record, policy, now)
        return verdict.kind === 'early' ? { kind: 'run', attempt: record.attempt, alone: false } : verdict
      }) as never
    },
  ],
  [
    'stale generation run',
    /G/,
    () => {
      broken.classify = ((original: Classify, ...[message, record, policy, now]: ClassifyArgs) => {
        if (message.generation >= record.generation) return original(message, record, policy, now)
        return { kind: 'run', attempt: 0, opens: record.generation + 1, alone: false }
      }) as never
    },
  ],
  [
    'throttled statement taken as success',
    /G/,
    () => {
      broken.records = updating(async (changes, records) => {
        const answers = await records.update(changes)
        const found = await peek(records, changes)
        return answers.map((answer, index) => {
          const change = changes[index]
          const record = found[index]
          if (answer.status !== 'throttled' || change === undefined || record === undefined) return answer
          const imagined: TaskRecord = { ...record, ...change.set, v: change.v + (change.transition ? 1 : 0) }
          return { status: 'done', record: imagined }
        })
      }) as never
    },
  ],
]

describe('a broken variant is caught', () => {
  it.each(variants)('%s', { timeout: 300_000 }, async (_name, guarantee, breakIt) => {
    breakIt()
    expect(await hunt(guarantee)).toMatchObject({ predicate: expect.stringMatching(guarantee) })
  })
})
