import type { BatchResultErrorEntry } from '@aws-sdk/client-sqs'
import type { Clock, Random } from '../ports/index.ts'
import { sleep } from '../protocol/sleep.ts'
import { isDoubtful } from './doubt.ts'
import { pack } from './pack.ts'

/** The fate of one entry of a batch request. */
export type EntryAnswer =
  | { readonly status: 'done'; readonly messageId?: string }
  | { readonly status: 'failed'; readonly maybeDone: boolean; readonly again: boolean; readonly error: Error }

/** What SQS's batch actions answer. */
export interface BatchAnswer {
  readonly Successful?:
    | readonly { readonly Id: string | undefined; readonly MessageId?: string | undefined }[]
    | undefined
  readonly Failed?: readonly BatchResultErrorEntry[] | undefined
}

/** One of SQS's batch actions on one queue. Entries carry their index as `Id`. */
export interface BatchAction<Entry> {
  /** What counts towards 1 MiB. @default nothing does */
  readonly bytesOf?: (entry: Entry) => number
  request(entries: readonly Entry[]): Promise<BatchAnswer>
  /** The error to throw instead of answering, when the request as such makes no sense. */
  refusal(error: unknown): Error | undefined
}

/** Failed entries of an answered request that are not our fault are tried this often in all. */
const tries = 4
const firstPauseMs = 50
const requestsAtOnce = 4

/** Packs entries into requests, sends them, and tries again what SQS says to try again. Answers stand in the order of the entries. */
export async function inBatches<Entry>(
  entries: readonly Entry[],
  action: BatchAction<Entry>,
  world: { readonly clock: Clock; readonly random: Random },
): Promise<readonly EntryAnswer[]> {
  const answers = new Map<number, EntryAnswer>()
  let pending = entries.map((entry, index) => ({ entry, index }))
  for (let round = 1; pending.length > 0 && round <= tries; round++) {
    if (round > 1) await sleep(world.clock, firstPauseMs * 2 ** (round - 2) * (0.5 + world.random.fraction() / 2))
    const requests = pack(pending, ({ entry }) => action.bytesOf?.(entry) ?? 0)
    await eachOf(requests, requestsAtOnce, async (batch) => {
      const fates = await oneRequest(
        batch.map(({ entry }) => entry),
        action,
      )
      for (const [at, { index }] of batch.entries()) answers.set(index, withDoubt(fates[at], answers.get(index)))
    })
    pending = pending.filter(({ index }) => {
      const answer = answers.get(index)
      return answer?.status === 'failed' && answer.again
    })
  }
  return entries.map((_, index) => answers.get(index) ?? unanswered)
}

async function oneRequest<Entry>(
  entries: readonly Entry[],
  action: BatchAction<Entry>,
): Promise<readonly EntryAnswer[]> {
  let answer: BatchAnswer
  try {
    answer = await action.request(entries)
  } catch (thrown) {
    const refusal = action.refusal(thrown)
    if (refusal !== undefined) throw refusal
    const error = thrown instanceof Error ? thrown : new Error(String(thrown))
    // The SDK has tried the request as such again already.
    return entries.map(() => ({ status: 'failed', maybeDone: isDoubtful(thrown), again: false, error }))
  }
  const done = new Map((answer.Successful ?? []).map((each) => [each.Id, each.MessageId]))
  const failed = new Map((answer.Failed ?? []).map((each) => [each.Id, each]))
  return entries.map((_, index): EntryAnswer => {
    const id = String(index)
    const refusal = failed.get(id)
    if (refusal !== undefined) return refusalOf(refusal)
    if (!done.has(id)) return unanswered
    const messageId = done.get(id)
    return { status: 'done', ...(messageId !== undefined && { messageId }) }
  })
}

/** A doubt stays, whatever the tries after it say; only a plain yes ends it. */
function withDoubt(fate: EntryAnswer = unanswered, before: EntryAnswer | undefined): EntryAnswer {
  const doubt = before?.status === 'failed' && before.maybeDone
  return fate.status === 'failed' && doubt ? { ...fate, maybeDone: true } : fate
}

/** SQS answers every entry; one that it left out may have been done. */
const unanswered: EntryAnswer = {
  status: 'failed',
  maybeDone: true,
  again: false,
  error: new Error('SQS did not say what became of this entry.'),
}

function refusalOf({ Code, Message, SenderFault }: BatchResultErrorEntry): EntryAnswer {
  const again = SenderFault !== true
  return {
    status: 'failed',
    // Throttled entries were turned away; after an internal error nobody knows.
    maybeDone: again && !/throttl|overlimit/i.test(Code ?? ''),
    again,
    error: Object.assign(new Error(`${Code ?? 'Error'}: ${Message ?? 'no message'}`), { code: Code }),
  }
}

/** Runs the work for each item, a few at a time. Throws the first error after all running work has ended. */
async function eachOf<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item)
  }
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, lane))
  for (const each of lanes) if (each.status === 'rejected') throw each.reason
}
