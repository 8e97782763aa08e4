const startPlaces = 5
const mostPlaces = 1_250
/** 300 more each minute. */
const growthMs = 200

/**
 * Limit of concurrent invocations for the mapping of a standard queue: 5 at first. While all are in use it grows by
 * 300 per minute, up to 1,250 or the mapping's maximum concurrency. It returns to 5 when the queue was empty.
 * Failures do not lower it: with `ReportBatchItemFailures` Lambda does not scale down either.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
export class Ramp {
  readonly #most: number
  #places: number
  #fullSince: number | undefined

  constructor(maximumConcurrency: number) {
    this.#most = Math.min(maximumConcurrency, mostPlaces)
    this.#places = Math.min(startPlaces, this.#most)
  }

  get places(): number {
    return this.#places
  }

  /**
   * All places are in use.
   *
   * @param now ms of a clock that only goes forward
   * @returns after how many ms there is another one; undefined when there are as many as there may be
   */
  full(now: number): number | undefined {
    if (this.#places === this.#most) return undefined
    this.#fullSince ??= now
    const grown = Math.floor((now - this.#fullSince) / growthMs)
    this.#places = Math.min(this.#most, this.#places + grown)
    this.#fullSince += grown * growthMs
    return this.#places === this.#most ? undefined : this.#fullSince + growthMs - now
  }

  /** A place is free: stop growing. */
  free(): void {
    this.#fullSince = undefined
  }

  /** Nothing runs and no message waits. */
  idle(): void {
    this.#fullSince = undefined
    this.#places = Math.min(startPlaces, this.#most)
  }
}
