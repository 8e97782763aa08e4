import type { Item } from './attribute-value.ts'
import type { Change } from './changes.ts'
import type { Context } from './context.ts'
import { conditionFailed, invalidValues, validation } from './errors.ts'
import { applyUpdate, type BoundAction, type BoundCondition, holds } from './expressions/index.ts'
import { keyAttributes, keyOfNewItem, keyOfRequest } from './keys.ts'
import { MAX_ITEM_BYTES } from './limits.ts'
import type { Row, RowKey } from './row.ts'
import { itemBytes } from './sizes.ts'
import type { Table } from './table.ts'

/** A write that was decided upon and has not happened yet. */
export interface Write {
  readonly table: Table
  readonly key: RowKey
  readonly row: Row | undefined
  readonly before: Item | undefined
  /** Undefined: nothing is left. */
  readonly after: Item | undefined
  /** Size of `after`. */
  readonly bytes: number
}

export interface WriteConditions {
  readonly condition?: BoundCondition | undefined
  /** ReturnValuesOnConditionCheckFailure: ALL_OLD. */
  readonly showItem?: boolean
  /** An item that is not there fails like a condition. */
  readonly mustExist?: boolean
}

export function planPut(table: Table, item: Item, conditions: WriteConditions = {}): Write {
  const bytes = checkedSize(item, 'Item size has exceeded the maximum allowed size')
  const key = keyOfNewItem(table.keys, item)
  table.checkIndexKeys(item)
  const row = table.rowAt(key)
  checkCondition(row?.item, conditions)
  return { table, key, row, before: row?.item, after: item, bytes }
}

export function planUpdate(
  table: Table,
  keyItem: Item,
  actions: readonly BoundAction[],
  conditions: WriteConditions = {},
): Write {
  const key = keyOfRequest(table.keys, keyItem)
  refuseKeyChanges(table, actions)
  const row = table.rowAt(key)
  const before = row?.item
  checkCondition(before, conditions)
  const after = applyUpdate(before ?? keyItem, actions)
  table.checkIndexKeys(after)
  const bytes = checkedSize(after, 'Item size to update has exceeded the maximum allowed size')
  return { table, key, row, before, after, bytes }
}

export function planDelete(table: Table, keyItem: Item, conditions: WriteConditions = {}): Write {
  const key = keyOfRequest(table.keys, keyItem)
  const row = table.rowAt(key)
  checkCondition(row?.item, conditions)
  return { table, key, row, before: row?.item, after: undefined, bytes: 0 }
}

/** A condition that is checked in a transaction and changes nothing. */
export function planCheck(table: Table, keyItem: Item, conditions: WriteConditions): Write {
  const key = keyOfRequest(table.keys, keyItem)
  const row = table.rowAt(key)
  checkCondition(row?.item, conditions)
  return { table, key, row, before: row?.item, after: row?.item, bytes: row?.bytes ?? 0 }
}

/** What a write is charged for: the larger of both versions. To be asked before it is carried out. */
export function chargedBytes({ row, bytes }: Write): number {
  return Math.max(bytes, row?.bytes ?? 0)
}

/** Carries out writes that belong together. */
export function carryOut(context: Context, writes: readonly Write[], more: readonly Change[] = []): void {
  const changes: Change[] = []
  for (const write of writes) {
    const change = apply(write)
    if (change !== undefined) changes.push(change)
  }
  if (context.recording && changes.length + more.length > 0) context.emit([...changes, ...more])
}

function apply({ table, key, row, before, after, bytes }: Write): Change | undefined {
  if (after === before) return undefined
  if (after !== undefined) return { kind: 'put', table, row: table.put(key, after, bytes) }
  if (row === undefined) return undefined
  table.remove(row)
  return { kind: 'remove', table, row }
}

const NOTHING: Item = {}

function checkCondition(item: Item | undefined, { condition, showItem, mustExist }: WriteConditions): void {
  if (mustExist && item === undefined) throw conditionFailed()
  if (condition === undefined || holds(condition, item ?? NOTHING)) return
  throw conditionFailed(showItem ? item : undefined)
}

function checkedSize(item: Item, message: string): number {
  const bytes = itemBytes(item)
  if (bytes > MAX_ITEM_BYTES) throw validation(message)
  return bytes
}

function refuseKeyChanges({ keys }: Table, actions: readonly BoundAction[]): void {
  for (const { name } of keyAttributes(keys)) {
    if (actions.some(({ path }) => path[0] === name)) {
      throw invalidValues(`Cannot update attribute ${name}. This attribute is part of the key`)
    }
  }
}
