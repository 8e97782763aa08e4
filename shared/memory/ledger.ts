import type { TaskRecord } from '../core/record.ts'
import { statisticsTtlMs, timeSort } from '../core/table.ts'
import type {
  Clock,
  InputItem,
  Ledger,
  NewRecord,
  QueueControl,
  RecordChange,
  TimePage,
  TimeQuery,
  WriteAnswer,
} from '../ports/index.ts'
import { Hours } from './hours.ts'

/** What the table holds of a task. */
interface Item {
  readonly record: TaskRecord
  /** When it failed, epoch ms, while it is in the failure index. */
  readonly failedAt?: number
}

/** The ledger in memory, with a view that tests look through. */
export interface MemoryLedger extends Ledger {
  /** Every record that is physically there, whether or not it has expired. */
  records(): readonly TaskRecord[]
  /** Whether an input that has an item of its own is physically there. */
  holdsInput(item: { readonly id: string; readonly ref: string }): boolean
  /** Deletes what has expired, as DynamoDB's TTL does some days late. Until then it is hidden from reads, but there. */
  sweep(): void
}

/**
 * The ledger port in memory. A call takes effect as a whole at once, and answers in a later turn.
 * Records are frozen: what a caller holds never changes under it.
 *
 * @param options.clock what `expiresAt` is compared with
 */
export function createMemoryLedger({ clock }: { readonly clock: Clock }): MemoryLedger {
  const items = new Map<string, Item>()
  const inputs = new Map<string, InputItem>()
  const controls = new Map<string, QueueControl>()
  const hours = new Hours()

  const hasExpired = (expiresAt: number | undefined): boolean =>
    expiresAt !== undefined && expiresAt * 1_000 <= clock.now()

  const current = (id: string): TaskRecord | undefined => {
    const record = items.get(id)?.record
    return hasExpired(record?.expiresAt) ? undefined : record
  }

  const insertOne = ({ record, inputItem }: NewRecord): WriteAnswer => {
    if (isTooLarge(record)) return tooLarge()
    if (current(record.id) !== undefined) return { status: 'refused' }
    const failed = record.state === 'FAILURE'
    items.set(record.id, { record: freeze(record), ...(failed && { failedAt: record.finishedAt ?? clock.now() }) })
    if (inputItem !== undefined) writeInput(inputItem)
    return { status: 'done' }
  }

  const updateOne = (change: RecordChange): WriteAnswer => {
    const item = items.get(change.id)
    if (item === undefined || item.record.v !== change.v) return { status: 'refused' }
    const next: Record<string, unknown> = { ...item.record, ...change.set }
    for (const name of change.remove ?? []) next[name] = undefined
    if (change.transition) next.v = change.v + 1
    const record = freeze(next as unknown as TaskRecord)
    if (isTooLarge(record)) return tooLarge()
    const failedAt =
      change.set.state === 'FAILURE'
        ? (change.set.finishedAt ?? clock.now())
        : change.set.epoch === undefined
          ? item.failedAt
          : undefined
    items.set(change.id, { record, ...(failedAt !== undefined && { failedAt }) })
    return { status: 'done', record }
  }

  const writeInput = (item: InputItem): void => {
    inputs.set(inputKey(item), Object.freeze({ ...item }))
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
    async readInputs(refs) {
      return refs.map((ref) => inputs.get(inputKey(ref))?.body)
    },
    async writeInputs(written) {
      written.forEach(writeInput)
    },
    async deleteInputs(refs) {
      for (const ref of refs) inputs.delete(inputKey(ref))
    },
    async listByTime(query) {
      const sorts = sortsOf(items, query, ({ record }) => record.enqueuedAt).sort()
      const { cursor } = query
      return pageOf(cursor === undefined ? sorts : sorts.filter((sort) => sort > cursor), query.limit)
    },
    async listFailures(query) {
      const sorts = sortsOf(items, query, ({ failedAt }) => failedAt)
        .sort()
        .reverse()
      const { cursor } = query
      return pageOf(cursor === undefined ? sorts : sorts.filter((sort) => sort < cursor), query.limit)
    },
    async count(deltas) {
      for (const delta of deltas) hours.add(delta)
    },
    async statistics(queue, from, to) {
      return hours.sum(queue, from, to)
    },
    async readControl(queue) {
      return controls.get(queue) ?? {}
    },
    async writeControl(queue, control) {
      controls.set(queue, Object.freeze({ ...control }))
    },
    records: () => [...items.values()].map(({ record }) => record),
    holdsInput: (ref) => inputs.has(inputKey(ref)),
    sweep() {
      for (const [id, { record }] of items) if (hasExpired(record.expiresAt)) items.delete(id)
      for (const [key, { expiresAt }] of inputs) if (hasExpired(expiresAt)) inputs.delete(key)
      hours.forget(clock.now() - statisticsTtlMs)
    },
  }
}

/** A copy without absent fields, as it comes back from a table. */
function freeze(record: TaskRecord): TaskRecord {
  const present: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(record)) if (value !== undefined) present[name] = value
  return Object.freeze(present) as unknown as TaskRecord
}

/** DynamoDB's limit of an item, names included. */
const maxItemBytes = 400 * 1_024

function isTooLarge(record: TaskRecord): boolean {
  let bytes = 0
  for (const [name, value] of Object.entries(record)) {
    bytes += name.length + (typeof value === 'string' ? Buffer.byteLength(value) : 8)
  }
  return bytes > maxItemBytes
}

function tooLarge(): WriteAnswer {
  return { status: 'invalid', error: new Error(`The record is larger than ${maxItemBytes} bytes.`) }
}

function inputKey({ id, ref }: { readonly id: string; readonly ref: string }): string {
  return `${ref}#${id}`
}

function refuseRepeated(method: string, ids: readonly string[]): void {
  const seen = new Set<string>()
  for (const id of ids) {
    if (seen.has(id)) {
      throw new TypeError(
        `ledger.${method}: expected each id at most once in a call, received '${id}' twice. Split the call.`,
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

function pageOf(sorts: readonly string[], limit: number): TimePage {
  const page = sorts.slice(0, limit)
  const last = page.at(-1)
  const ids = page.map((sort) => sort.slice(sort.indexOf('#') + 1))
  return last === undefined || page.length === sorts.length ? { ids } : { ids, cursor: last }
}
