import type { Candidate } from './triage.ts'

/** What a gate answers for one candidate. */
export type Admission =
  | 'admit'
  /** The task may not start now: its message is handed back and comes back after `waitMs`. No attempt is spent. */
  | { readonly waitMs: number }

/** Asked just before a wave is claimed. Gates that need a table answer for the whole wave at once. */
export type Gate = (wave: readonly Candidate[]) => readonly Admission[] | Promise<readonly Admission[]>

export interface Admitted {
  readonly admitted: readonly Candidate[]
  readonly handedBack: readonly { readonly candidate: Candidate; readonly waitMs: number }[]
}

/** Asks each gate about the candidates that the earlier gates admitted. */
export async function admit(wave: readonly Candidate[], gates: readonly Gate[]): Promise<Admitted> {
  let admitted = wave
  const handedBack: { candidate: Candidate; waitMs: number }[] = []
  for (const gate of gates) {
    const answers = await gate(admitted)
    const next: Candidate[] = []
    for (const [index, candidate] of admitted.entries()) {
      const answer = answers[index] ?? 'admit'
      if (answer === 'admit') next.push(candidate)
      else handedBack.push({ candidate, waitMs: answer.waitMs })
    }
    admitted = next
  }
  return { admitted, handedBack }
}

/** A gate that needs no table, only this process. */
export function gate(admits: (candidate: Candidate) => boolean): Gate {
  return (wave) => wave.map((candidate) => (admits(candidate) ? 'admit' : { waitMs: 0 }))
}
