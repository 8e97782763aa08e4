/** The result of a batch according to the function's answer. */
export type BatchVerdict =
  | {
      readonly status: 'partial' /** Ids that come again; all others are deleted. */
      readonly failed: ReadonlySet<string>
    }
  | { readonly status: 'malformed' /** Nothing is deleted. */; readonly reason: string }

/**
 * Reads a partial batch response as the event source mapping does (`ReportBatchItemFailures`). An absent, null or
 * empty list, or no answer, is a complete success. An answer that cannot be parsed, or that names a message outside
 * the batch, is a complete failure.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 *
 * @param payload JSON text
 * @param ids message ids of the batch
 */
export function readBatchResponse(payload: string, ids: ReadonlySet<string>): BatchVerdict {
  const success: BatchVerdict = { status: 'partial', failed: new Set() }
  if (payload.trim() === '') return success
  let response: unknown
  try {
    response = JSON.parse(payload)
  } catch {
    return malformed('expected JSON')
  }
  if (response === null) return success
  if (typeof response !== 'object' || Array.isArray(response)) {
    return malformed(`expected an object with 'batchItemFailures', received ${kindOf(response)}`)
  }
  const { batchItemFailures: failures } = response as { readonly batchItemFailures?: unknown }
  if (failures === undefined || failures === null) return success
  if (!Array.isArray(failures)) return malformed(`batchItemFailures: expected a list, received ${kindOf(failures)}`)
  const failed = new Set<string>()
  for (const item of failures as readonly unknown[]) {
    const id =
      typeof item === 'object' && item !== null
        ? (item as { readonly itemIdentifier?: unknown }).itemIdentifier
        : undefined
    if (typeof id !== 'string' || id === '') {
      return malformed(`batchItemFailures: expected { itemIdentifier: <message id> }, received ${JSON.stringify(item)}`)
    }
    if (!ids.has(id)) return malformed(`batchItemFailures: expected ids of this batch, received '${id}'`)
    failed.add(id)
  }
  return { status: 'partial', failed }
}

function malformed(reason: string): BatchVerdict {
  return { status: 'malformed', reason }
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`
}
