import type { Predicate } from './predicate.ts'

/** G5: what is no message is put aside unchanged. */
export const garbageIsPutAside: Predicate = function* ({ garbage, letters }) {
  for (const { queue, body } of garbage) {
    if (!letters.some((letter) => letter.queue === queue && letter.body === body))
      yield { message: `${JSON.stringify(body)} was sent to ${queue} and does not lie among its dead` }
  }
}

/** G5: a batch is never given up for what is wrong with one of its messages. */
export const handlersDoNotReject: Predicate = function* ({ rejections }) {
  for (const { at, requestId, error } of rejections)
    yield {
      at,
      message: `the handler of ${requestId} rejected: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    }
}
