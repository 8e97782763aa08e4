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
      .map(([name, each]) => [
        name,
        ['SS', 'NS', 'BS'].includes(name) ? [...(each as string[])].sort() : ordered(each),
      ]),
  )
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
