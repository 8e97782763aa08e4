import type { RecordFields, TaskRecord } from '../core/record.ts'
import { timeSort } from '../core/table.ts'
import type { Clock, NewRecord, RecordChange, Records, TimePage, TimeQuery, WriteAnswer } from '../ports/index.ts'
import type { MemoryInputs } from './inputs.ts'

/** What the table holds of a task. */
interface Item {
  readonly record: TaskRecord
  /** When it failed, epoch ms, while it is in the failure index. */
  readonly failedAt: number | undefined
}

export interface MemoryRecords extends Records {
  /** Every record that is physically there, whether or not it has expired. */
  all(): readonly TaskRecord[]
  /** Deletes what has expired, as DynamoDB's TTL does some days late. Until then it is hidden from reads, but there. */
  sweep(): void
}

export interface MemoryRecordsOptions {
  /** What `expiresAt` is compared with. */
  readonly clock: Clock
  /** Where inputs are written that come with a record. */
  readonly inputs: MemoryInputs
  /** Called with every record that is written, within the call that writes it. */
  readonly onWrite?: (record: TaskRecord, transition: boolean) => void
}

/**
 * The records port in memory. A call takes effect as a whole at once, and answers in a later turn.
 * Records are frozen: what a caller holds never changes under it.
 */
export function createMemoryRecords({ clock, inputs, onWrite }: MemoryRecordsOptions): MemoryRecords {
  const items = new Map<string, Item>()

  const hasExpired = (expiresAt: number | undefined): boolean =>
    expiresAt !== undefined && expiresAt * 1_000 <= clock.now()

  const failureOf = ({ finishedAt }: { readonly finishedAt?: number }): number => finishedAt ?? clock.now()

  const current = (id: string): TaskRecord | undefined => {
    const record = items.get(id)?.record
    return hasExpired(record?.expiresAt) ? undefined : record
  }

  const insertOne = ({ record, inputItem }: NewRecord): WriteAnswer => {
    if (isTooLarge(record)) return tooLarge()
    if (current(record.id) !== undefined) return { status: 'refused' }
    const written = Object.freeze(without(record, [])) as unknown as TaskRecord
    items.set(record.id, { record: written, failedAt: record.state === 'FAILURE' ? failureOf(record) : undefined })
    if (inputItem !== undefined) inputs.put(inputItem)
    onWrite?.(written, true)
    return { status: 'done' }
  }

  const updateOne = (change: RecordChange): WriteAnswer => {
    const item = items.get(change.id)
    if (item === undefined || item.record.v !== change.v) return { status: 'refused' }
    const record = changed(item.record, change)
    if (isTooLarge(record)) return tooLarge()
    const left = change.set.generation === undefined ? item.failedAt : undefined
    items.set(change.id, { record, failedAt: change.set.state === 'FAILURE' ? failureOf(change.set) : left })
    onWrite?.(record, change.transition)
    return { status: 'done', record }
  }

  return {
    async insert(entries) {
      refuseRepeated(
        'insert',
        entries.map(({ record }) => record.id),
      )
      return entries.map(insertOne)
    },
    async update(changes) {
      refuseRepeated(
        'update',
        changes.map(({ id }) => id),
      )
      return changes.map(updateOne)
    },
    async read(ids) {
      return ids.map(current)
    },
    async listByTime(query) {
      return pageOf(
        sortsOf(items, query, ({ record }) => record.enqueuedAt),
        query,
      )
    },
    async listFailures(query) {
      return pageOf(
        sortsOf(items, query, ({ failedAt }) => failedAt),
        query,
      )
    },
    all: () => [...items.values()].map(({ record }) => record),
    sweep() {
      for (const [id, { record }] of items) if (hasExpired(record.expiresAt)) items.delete(id)
    },
  }
}

/** The record after a change of it, as it comes back from a table. What was read of it before stays as it was. */
function changed(record: TaskRecord, { transition, set, remove = [] }: RecordChange): TaskRecord {
  const next: Record<string, unknown> = remove.length > 0 ? without(record, remove) : { ...record }
  for (const name in set) {
    const value = set[name as keyof RecordFields]
    if (value !== undefined && !remove.includes(name as keyof RecordFields)) next[name] = value
  }
  if (transition) next.v = record.v + 1
  return Object.freeze(next) as unknown as TaskRecord
}

/** A copy without absent fields, and without these: built anew, since an object of which fields are deleted is a slow one ever after. */
function without(record: TaskRecord, names: readonly string[]): Record<string, unknown> {
  const left: Record<string, unknown> = {}
  for (const name in record) {
    const value = record[name as keyof TaskRecord]
    if (value !== undefined && !names.includes(name)) left[name] = value
  }
  return left
}

/** DynamoDB's limit of an item, names included. */
const maxItemBytes = 400 * 1_024

function isTooLarge(record: TaskRecord): boolean {
  let characters = 0
  for (const name in record) {
    const value = record[name as keyof TaskRecord]
    characters += name.length + (typeof value === 'string' ? value.length : 8)
  }
  // No character takes more than three bytes.
  return characters * 3 > maxItemBytes && bytesOf(record) > maxItemBytes
}

function bytesOf(record: TaskRecord): number {
  return Object.entries(record).reduce(
    (bytes, [name, value]) => bytes + name.length + (typeof value === 'string' ? Buffer.byteLength(value) : 8),
    0,
  )
}

function tooLarge(): WriteAnswer {
  return { status: 'invalid', error: new Error(`The record is larger than ${maxItemBytes} bytes.`) }
}

function refuseRepeated(method: string, ids: readonly string[]): void {
  const seen = new Set<string>()
  for (const id of ids) {
    if (seen.has(id)) {
      throw new TypeError(
        `records.${method}: expected each id at most once in a call, received '${id}' twice. Split the call.`,
      )
    }
    seen.add(id)
  }
}

function sortsOf(
  items: ReadonlyMap<string, Item>,
  query: TimeQuery,
  instantOf: (item: Item) => number | undefined,
): string[] {
  const sorts: string[] = []
  for (const item of items.values()) {
    const at = instantOf(item)
    if (at === undefined || item.record.queue !== query.queue || at < query.from || at >= query.to) continue
    sorts.push(timeSort(at, item.record.id))
  }
  return sorts
}

function pageOf(sorts: string[], { order, cursor, limit }: TimeQuery): TimePage {
  const ordered = order === 'oldest' ? sorts.sort() : sorts.sort().reverse()
  const isAfter = (sort: string): boolean =>
    cursor === undefined || (order === 'oldest' ? sort > cursor : sort < cursor)
  const left = ordered.filter(isAfter)
  const page = left.slice(0, limit)
  const last = page.at(-1)
  const ids = page.map((sort) => sort.slice(sort.indexOf('#') + 1))
  return last === undefined || page.length === left.length ? { ids } : { ids, cursor: last }
}
