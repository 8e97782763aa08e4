/** Randomness as an argument. */
export interface Chance {
  /** Uniform in [0, 1). */
  random(): number
  /** A UUIDv7 for a task id: sortable by `now`. */
  uuid(now: number): string
  /** An unguessable short text, unique per claim request. */
  token(): string
}
