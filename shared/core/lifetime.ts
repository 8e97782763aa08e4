import { recordGraceMs, retentionMs } from './defaults.ts'

/**
 * When a terminal record may be deleted, epoch **seconds** (DynamoDB's TTL): once its result, its key and every late copy of its message have expired.
 */
export function expiresAtSeconds(finishedAt: number, resultTtlMs: number, keyUntil: number | undefined): number {
  const until = Math.max(finishedAt + resultTtlMs, keyUntil ?? 0, finishedAt + retentionMs + recordGraceMs)
  return Math.ceil(until / 1_000)
}

/**
 * When an input's own item may be deleted, epoch seconds. By then its record has ended, or the message was sent again,
 * which renews the input: a message is sent again before half its retention has passed.
 *
 * @param availableAt when the message can first be received
 */
export function inputExpiresAtSeconds(availableAt: number): number {
  return Math.ceil((availableAt + 3 * retentionMs + recordGraceMs) / 1_000)
}

/** Whether a key or result is still valid. DynamoDB's TTL deletes days late, so reads compare the time. */
export function isCurrent(until: number | undefined, now: number): boolean {
  return until !== undefined && now < until
}
