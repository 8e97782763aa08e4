import { signal } from '@preact/signals'

/** What GET /app says. */
export interface AppFacts {
  readonly app: string
  readonly prefix: string
  readonly where: string
  readonly visitor: { readonly name: string; readonly role: 'viewer' | 'operator' }
  readonly queues: readonly string[]
  readonly tasks: readonly { readonly name: string; readonly queue: string; readonly sensitive: readonly string[] }[]
  readonly version: string
  /** Of all queues together. */
  readonly counts: { readonly waiting: number; readonly inFlight: number; readonly dead: number }
  readonly now: number
}

export const facts = signal<AppFacts | undefined>(undefined)

export function mayAct(): boolean {
  return facts.value?.visitor.role === 'operator'
}
