import { SqsError } from './errors.ts'
import { MAX_BATCH_ENTRIES } from './limits.ts'
import type { BatchResult, BatchResultErrorEntry } from './types.ts'

const ENTRY_ID = /^[A-Za-z0-9_-]{1,80}$/

interface Identified {
  Id?: string | undefined
}

/** The rules that refuse a whole batch. Sources: API_SendMessageBatch, API_DeleteMessageBatch, errors. */
export function checkEntries<Entry extends Identified>(entries: readonly Entry[] | undefined): readonly Entry[] {
  if (entries === undefined || entries.length === 0) {
    throw new SqsError('EmptyBatchRequest', 'There should be at least one entry in the request.')
  }
  if (entries.length > MAX_BATCH_ENTRIES) {
    throw new SqsError(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${MAX_BATCH_ENTRIES}. You have sent ${entries.length}.`,
    )
  }
  const seen = new Set<string>()
  for (const { Id = '' } of entries) {
    if (!ENTRY_ID.test(Id)) {
      throw new SqsError(
        'InvalidBatchEntryId',
        'A batch entry id can only contain alphanumeric characters, hyphens and underscores. ' +
          'It can be at most 80 letters long.',
      )
    }
    if (seen.has(Id)) throw new SqsError('BatchEntryIdsNotDistinct', `Id ${Id} repeated.`)
    seen.add(Id)
  }
  return entries
}

/**
 * Processes each entry separately: a refused entry does not affect the others. An empty list is absent from the
 * answer: LocalStack's tests recorded that from AWS.
 */
export function eachEntry<Entry extends Identified, Done>(
  entries: readonly Entry[],
  act: (entry: Entry, id: string) => Done,
): BatchResult<Done> {
  const done: Done[] = []
  const failed: BatchResultErrorEntry[] = []
  for (const entry of entries) {
    const Id = entry.Id ?? ''
    try {
      done.push(act(entry, Id))
    } catch (error) {
      if (!(error instanceof SqsError)) throw error
      failed.push({ Id, SenderFault: error.senderFault, Code: error.code, Message: error.message })
    }
  }
  return { ...(done.length > 0 && { Successful: done }), ...(failed.length > 0 && { Failed: failed }) }
}
