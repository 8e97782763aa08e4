import { DEDUPLICATION_MS } from './limits.ts'
import { IN_FLIGHT, type StoredMessage } from './stored-message.ts'

/** The messages that one receive with an attempt id took. */
export interface Attempt {
  at: number
  taken: { message: StoredMessage; receive: number; visibleAt: number }[]
}

export type AttemptState = 'new' | 'repeatable' | 'spoilt'

/**
 * Receives of a FIFO queue that can be repeated: within five minutes and their visibility timeout the same attempt id
 * gets the same messages and receipt handles again, unless one of them was deleted or had its visibility changed.
 * Source: API_ReceiveMessage, `ReceiveRequestAttemptId`.
 */
export class ReceiveAttempts {
  private readonly attempts = new Map<string, Attempt>()

  find(id: string, now: number): { state: AttemptState; attempt: Attempt | undefined } {
    this.forget(now)
    const attempt = this.attempts.get(id)
    if (attempt === undefined) return { state: 'new', attempt }
    // After the visibility timeout the receive is over, and the id can be used again.
    if (attempt.taken.every(({ visibleAt }) => visibleAt <= now)) {
      this.attempts.delete(id)
      return { state: 'new', attempt: undefined }
    }
    const same = attempt.taken.every(
      ({ message, receive, visibleAt }) =>
        message.state === IN_FLIGHT && message.receives === receive && message.visibleAt === visibleAt,
    )
    return { state: same ? 'repeatable' : 'spoilt', attempt }
  }

  remember(id: string, now: number, messages: readonly StoredMessage[]): void {
    if (messages.length === 0) return
    this.attempts.delete(id)
    this.attempts.set(id, {
      at: now,
      taken: messages.map((message) => ({ message, receive: message.receives, visibleAt: message.visibleAt })),
    })
  }

  private forget(now: number): void {
    for (const [id, { at }] of this.attempts) {
      if (at + DEDUPLICATION_MS > now) return
      this.attempts.delete(id)
    }
  }
}
