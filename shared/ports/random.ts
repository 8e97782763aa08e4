import { port } from './port.ts'

/** Randomness as an argument. */
export interface Random {
  /** Uniform in [0, 1). */
  fraction(): number
  /** A UUIDv7 for a task id: sortable by `now`. */
  uuid(now: number): string
  /** An unguessable short text, unique per claim request. */
  token(): string
}

export const randomPort = port<Random>()('random', { fraction: 'local', uuid: 'local', token: 'local' })
