import { coarseFingerprintOf, fingerprintOf } from '../core/fingerprint.ts'
import type { ErrorData } from '../core/record.ts'
import type { Clock } from '../ports/index.ts'

const windowMs = 10 * 60_000
const mostNew = 50

/**
 * Fingerprints of failures, with a guard: if an error message is different each time, every failure would be its own group. After 50 new fingerprints in
 * ten minutes, new ones are coarse until the ten minutes are over.
 */
export class Fingerprints {
  readonly #clock: Pick<Clock, 'now'>
  #seen = new Set<string>()
  #since: number

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
    this.#since = clock.now()
  }

  of(error: ErrorData, reason?: string): string {
    const now = this.#clock.now()
    if (now - this.#since >= windowMs) {
      this.#seen = new Set()
      this.#since = now
    }
    const fingerprint = fingerprintOf(error, reason)
    if (this.#seen.has(fingerprint)) return fingerprint
    if (this.#seen.size >= mostNew) return coarseFingerprintOf(error, reason)
    this.#seen.add(fingerprint)
    return fingerprint
  }
}
