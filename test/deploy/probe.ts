import type { Clients } from './clients.ts'

/** One statement of AWS's documentation that Celeriac relies on or runs into, as a test of an engine. */
export interface Probe {
  readonly id: string
  /** What AWS does. */
  readonly aws: string
  /** Where AWS says so. */
  readonly source: string
  /** `undefined` when the engine does what AWS does, else what was seen instead. */
  readonly run: (place: ProbePlace) => Promise<string | undefined>
}

export interface ProbePlace extends Clients {
  /** A fresh standard queue's URL. */
  readonly queue: (name: string, attributes?: Record<string, string>) => Promise<string>
  /** A fresh table with keys `pk` and `sk`. */
  readonly table: (name: string) => Promise<string>
}

/** The name of the error that a call ends with, or `accepted`. */
export async function errorOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return 'accepted'
  } catch (error) {
    return error instanceof Error ? error.name : String(error)
  }
}

/** `undefined` when seen is what AWS gives. */
export const unless = (expected: string, seen: string): string | undefined => (seen === expected ? undefined : seen)
