import { inputSort, recordKey } from '../core/table.ts'
import type { InputRef, Inputs } from '../ports/index.ts'
import { address, getItems, type TableAccess, writeItems } from './ledger-gets.ts'
import { type Item, inputBody, inputItemOf, keyOf } from './ledger-items.ts'

/**
 * The inputs port on DynamoDB.
 *
 * @throws {TableAccessError} from every method, when no request can succeed: credentials, rights, region or table are wrong
 */
export function createDynamoInputs(access: TableAccess): Inputs {
  const readItems = (refs: readonly InputRef[], consistent: boolean): Promise<ReadonlyMap<string, Item>> =>
    getItems(
      access,
      refs.map(({ id, ref }) => keyOf(recordKey(id), inputSort(ref))),
      consistent,
    )
  const addressOf = ({ id, ref }: InputRef): string => address(recordKey(id), inputSort(ref))

  return {
    async read(refs) {
      const found = new Map(await readItems(refs, false))
      // Half the price, and nearly always there; what was written a moment ago is asked for again, consistently.
      const missing = refs.filter((ref) => !found.has(addressOf(ref)))
      if (missing.length > 0) for (const [key, item] of await readItems(missing, true)) found.set(key, item)
      return refs.map((ref) => found.get(addressOf(ref))?.[inputBody]?.S)
    },

    async write(items) {
      const unique = new Map(items.map((item) => [addressOf(item), item]))
      await writeItems(
        access,
        [...unique.values()].map((item) => ({ PutRequest: { Item: inputItemOf(item) } })),
      )
    },

    async remove(refs) {
      const unique = new Map(refs.map((ref) => [addressOf(ref), ref]))
      await writeItems(
        access,
        [...unique.values()].map(({ id, ref }) => ({ DeleteRequest: { Key: keyOf(recordKey(id), inputSort(ref)) } })),
      )
    },
  }
}
