import { byteLength } from '../core/json.ts'
import type { OutgoingMessage } from '../ports/index.ts'

/** SQS: entries of one batch request, and their bytes together (SendMessageBatch). */
export const maxBatchEntries = 10
export const maxBatchBytes = 1_048_576

/** What SQS counts: the body, and each attribute's name, type and value. */
export function messageBytes({ body, attributes = {} }: OutgoingMessage): number {
  let bytes = byteLength(body)
  for (const [name, value] of Object.entries(attributes))
    bytes += byteLength(name) + 'String'.length + byteLength(value)
  return bytes
}

/**
 * Entries in requests of at most ten, and of at most 1 MiB where `bytesOf` is given. In order; an entry that is too large by itself gets a
 * request of its own, which SQS then refuses.
 */
export function pack<Entry>(
  entries: readonly Entry[],
  bytesOf: (entry: Entry) => number = () => 0,
): readonly (readonly Entry[])[] {
  const requests: Entry[][] = []
  let open: Entry[] = []
  let openBytes = 0
  for (const entry of entries) {
    const bytes = bytesOf(entry)
    if (open.length === maxBatchEntries || (open.length > 0 && openBytes + bytes > maxBatchBytes)) {
      requests.push(open)
      open = []
      openBytes = 0
    }
    open.push(entry)
    openBytes += bytes
  }
  if (open.length > 0) requests.push(open)
  return requests
}
