import type { Item } from './attribute-value.ts'
import { addressOf } from './batch-get.ts'
import { CapacityTally, type ConsumedCapacity, capacityMode } from './capacity.ts'
import { checkItem } from './check-values.ts'
import { type Context, checkedName, tableAt } from './context.ts'
import { validation } from './errors.ts'
import { constraint, type Input, missing, oneOf, structure, structures } from './input.ts'
import { MAX_BATCH_WRITES } from './limits.ts'
import { carryOut, chargedBytes, planDelete, planPut, type Write } from './writes.ts'

export interface BatchWriteOutput {
  UnprocessedItems: Record<string, never>
  ConsumedCapacity?: ConsumedCapacity[]
}

interface Wanted {
  readonly name: string
  readonly put: Item | undefined
  readonly key: Item | undefined
}

/** Puts and deletes without conditions. When one is invalid none happens. */
export function batchWriteItem(context: Context, input: Input): BatchWriteOutput {
  const tally = new CapacityTally(capacityMode(input), 'write')
  oneOf(input, 'ReturnItemCollectionMetrics', ['SIZE', 'NONE'] as const)
  const wanted = readRequests(input)
  const seen = new Set<string>()
  const writes = wanted.map(({ name, put, key }): Write => {
    const table = tableAt(context, name)
    const write = put === undefined ? planDelete(table, key ?? {}) : planPut(table, put)
    const address = `${name} ${addressOf(write.key)}`
    if (seen.has(address)) throw validation('Provided list of item keys contains duplicates')
    seen.add(address)
    return write
  })
  for (const write of writes) {
    tally.write(write.table, write.before, write.after, chargedBytes(write))
    carryOut(context, [write])
  }
  const output: BatchWriteOutput = { UnprocessedItems: {} }
  const capacity = tally.report()
  if (capacity !== undefined) output.ConsumedCapacity = capacity
  return output
}

function readRequests(input: Input): readonly Wanted[] {
  const requested = structure(input, 'RequestItems')
  if (requested === undefined) throw missing('requestItems')
  const names = Object.keys(requested)
  if (names.length === 0) {
    throw constraint('{}', 'requestItems', 'Member must have length greater than or equal to 1')
  }
  const wanted = names.flatMap((name) => {
    checkedName(name, 'requestItems')
    const requests = structures(requested, name) ?? []
    if (requests.length === 0) {
      throw constraint('[]', `requestItems.${name}.member`, 'Member must have length greater than or equal to 1')
    }
    return requests.map((request) => readRequest(name, request))
  })
  if (wanted.length > MAX_BATCH_WRITES) throw validation('Too many items requested for the BatchWriteItem call')
  return wanted
}

function readRequest(name: string, request: Input): Wanted {
  const [put, remove] = [structure(request, 'PutRequest'), structure(request, 'DeleteRequest')]
  if (put !== undefined && remove !== undefined) {
    throw validation(
      'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes',
    )
  }
  if (put !== undefined) return { name, put: checkItem(put.Item, 'Item'), key: undefined }
  if (remove !== undefined) return { name, put: undefined, key: checkItem(remove.Key, 'Key') }
  throw validation('Supplied AttributeValue is empty, must contain exactly one of the supported datatypes')
}
