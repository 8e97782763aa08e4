import type { AttributeValue, Item } from '../attribute-value.ts'
import { attributeOf, typeOf } from '../attribute-value.ts'
import { type Context, tableAt } from '../context.ts'
import { conditionFailed, DynamoDbError, validation } from '../errors.ts'
import { type BoundAction, holds } from '../expressions/index.ts'
import { keyAttributes } from '../keys.ts'
import { returned } from '../single-writes.ts'
import type { Table } from '../table.ts'
import { planDelete, planPut, planUpdate, type Write } from '../writes.ts'
import { actionOf, conditionOf, itemOf } from './bind-statement.ts'
import type { Delete, Insert, Returning, Update } from './statement.ts'
import { requiredKey } from './where-key.ts'

/** A write statement with its parameters put in. What was found out so far does not depend on what the table holds. */
export interface WritePlan {
  readonly table: Table
  /** The key, or for INSERT the item that has it. */
  readonly key: Item
  /** Decides. @throws DynamoDbError when a condition fails, or the item may not be stored */
  decide(): Write
  /** What RETURNING asks for. */
  returned(write: Write): Item | undefined
}

/** @param showItem shows the item that made the condition fail */
export function planWrite(
  context: Context,
  statement: Insert | Update | Delete,
  parameters: readonly AttributeValue[],
  showItem: boolean,
): WritePlan {
  const table = tableAt(context, statement.table)
  switch (statement.kind) {
    case 'insert':
      return planInsert(table, statement, parameters)
    case 'update':
      return planUpdating(table, statement, parameters, showItem)
    case 'delete':
      return planDeleting(table, statement, parameters, showItem)
  }
}

function planInsert(table: Table, { value }: Insert, parameters: readonly AttributeValue[]): WritePlan {
  const item = itemOf(value, parameters)
  for (const { name, type } of keyAttributes(table.keys)) {
    const given = attributeOf(item, name)
    if (given === undefined) throw validation(`Key attribute should be present in the item: Key ${name}`)
    if (typeOf(given) !== type) {
      throw validation(`Key attribute's data type should match its data type in table's schema: Key ${name}`)
    }
  }
  return {
    table,
    key: item,
    decide() {
      const write = planPut(table, item)
      if (write.before === undefined) return write
      throw new DynamoDbError('DuplicateItemException', 'Duplicate primary key exists in table')
    },
    returned: () => undefined,
  }
}

function planUpdating(
  table: Table,
  { actions, where, returning }: Update,
  parameters: readonly AttributeValue[],
  showItem: boolean,
): WritePlan {
  const { key, rest } = requiredKey(table.keys, conditionOf(where, parameters))
  const bound = actions.map((action) => actionOf(action, parameters))
  return {
    table,
    key,
    // Other than UpdateItem it makes nothing: an item that is not there fails like a condition.
    decide: () => planUpdate(table, key, bound, { condition: rest, showItem, mustExist: true }),
    returned: (write) => attributesOf(returning, write, bound),
  }
}

function planDeleting(
  table: Table,
  { where, returning }: Delete,
  parameters: readonly AttributeValue[],
  showItem: boolean,
): WritePlan {
  const { key, rest } = requiredKey(table.keys, conditionOf(where, parameters))
  return {
    table,
    key,
    decide() {
      const write = planDelete(table, key)
      // What is not there is as good as deleted, whatever the condition says.
      if (write.before === undefined || rest === undefined || holds(rest, write.before)) return write
      throw conditionFailed(showItem ? write.before : undefined)
    },
    returned: (write) => attributesOf(returning, write, []),
  }
}

function attributesOf(
  returning: Returning | undefined,
  write: Write,
  actions: readonly BoundAction[],
): Item | undefined {
  if (returning === undefined) return undefined
  const { which, when } = returning
  return returned(which === 'ALL' ? `ALL_${when}` : `UPDATED_${when}`, write, actions)
}
