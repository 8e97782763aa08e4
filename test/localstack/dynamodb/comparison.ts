import type { Answer } from './wire.ts'

type Json = unknown

/**
 * What two engines must agree on: the status, the name of an error, and all of an answer but its order where DynamoDB
 * promises none (attributes, members of sets, items of a Scan or a BatchGetItem).
 */
export function essence({ status, body }: Answer): Json {
  if (status !== 200) {
    const { __type, message: _, Message: __, ...rest } = body
    const name = String(__type).replace(/^.*#/, '')
    return { status, name, ...(ordered(withoutMessages(rest)) as object) }
  }
  const { ConsumedCapacity: _, ...rest } = body
  return ordered(withoutMessages(rest))
}

function withoutMessages(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutMessages)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, each]) => name !== 'Message' && each !== null)
      .map(([name, each]) => [name, withoutMessages(each)]),
  )
}

function ordered(value: Json): Json {
  if (Array.isArray(value)) return value.map(ordered)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      // PartiQL: some answer with an empty list where others answer with none.
      .filter(([name, each]) => !(name === 'Items' && Array.isArray(each) && each.length === 0))
      .map(([name, each]) => [name, isSet(name, each) ? numbered(name, each) : plain(name, ordered(each))]),
  )
}

function isSet(name: string, value: Json): value is string[] {
  return ['SS', 'NS', 'BS'].includes(name) && Array.isArray(value)
}

function numbered(name: string, members: readonly string[]): readonly Json[] {
  return members.map((member) => (name === 'NS' ? plain('N', member) : member)).sort()
}

/** DynamoDB Local keeps numbers inside documents as they were written. */
function plain(name: string, value: Json): Json {
  if (name !== 'N' || typeof value !== 'string') return value
  return /^-?\d{1,15}(?:\.\d+)?(?:e-?\d+)?$/i.test(value) ? String(Number(value)) : value
}

/** The same, where the order of items says nothing. */
export function essenceOf(operation: string, answer: Answer): Json {
  const essential = essence(answer) as Record<string, Json>
  const sortJson = (items: Json): Json =>
    Array.isArray(items) ? items.map((item) => JSON.stringify(item)).sort() : items
  if (operation === 'Scan') return { ...essential, Items: sortJson(essential.Items) }
  if (operation === 'BatchGetItem' && essential.Responses !== undefined) {
    const responses = Object.entries(essential.Responses as object).map(([table, items]) => [table, sortJson(items)])
    return { ...essential, Responses: Object.fromEntries(responses) }
  }
  return essential
}
