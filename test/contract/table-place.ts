import { afterAll, beforeAll } from 'vitest'
import type { TaskRecord } from '../../shared/core/record.ts'
import type { RecordChange, ServicePorts, WriteAnswer } from '../../shared/ports/index.ts'

export type TablePorts = Omit<ServicePorts, 'queues'>

/** A table under test. */
export interface TablePlace {
  readonly ports: TablePorts
  /** What it compares `expiresAt` with, epoch ms. */
  now(): number
  /** Moves that clock on. */
  pass(ms: number): void
  stop(): Promise<void>
}

let made = 0
const run = Date.now().toString(36)

/** Never the same twice, so that any table will do. */
export function unique(what: string): string {
  made += 1
  return `${what}-${run}-${process.pid}-${made}`
}

/** A record as enqueue writes it. */
export function newRecord(now: number, fields: Partial<TaskRecord> = {}): TaskRecord {
  return {
    id: unique('task'),
    v: 1,
    generation: 0,
    state: 'QUEUED',
    task: 'emails.send',
    queue: 'emails',
    input: '{"to":"ada@example.com"}',
    inputHash: 'hash',
    attempt: 0,
    token: unique('token'),
    enqueuedAt: now,
    ...fields,
  }
}

/** A claim of a record at version `v`, as a worker writes it. */
export function claim(record: TaskRecord, fields: RecordChange['set'] = {}): RecordChange {
  const { id, v, queue } = record
  return { id, v, queue, transition: true, set: { state: 'STARTED', token: unique('token'), startedAt: 7, ...fields } }
}

export const statuses = (answers: readonly WriteAnswer[]) => answers.map(({ status }) => status)
export const consistent = { consistent: true } as const

/** Opens a place for the suites of a file and closes it after them. */
export function sharedPlace(open: () => Promise<TablePlace>) {
  let place: TablePlace
  beforeAll(async () => {
    place = await open()
  })
  afterAll(() => place?.stop())
  const fresh = (fields: Partial<TaskRecord> = {}): TaskRecord => newRecord(place.now(), fields)
  return {
    get ports() {
      return place.ports
    },
    now: () => place.now(),
    pass: (ms: number) => place.pass(ms),
    fresh,
    /** A record that has been inserted. */
    async inserted(fields: Partial<TaskRecord> = {}): Promise<TaskRecord> {
      const record = fresh(fields)
      const answers = await place.ports.records.insert([{ record }])
      if (answers[0]?.status !== 'done') throw new Error(`The insert was answered ${JSON.stringify(answers)}.`)
      return record
    },
    readOne: async (id: string) => (await place.ports.records.read([id], consistent))[0],
  }
}

export type SharedPlace = ReturnType<typeof sharedPlace>
