import type { Candidate } from './triage.ts'

/** What a gate answers for one candidate. */
export type Admission =
  | 'admit'
  /** Not here, not now: the message is handed back, and no attempt is spent. `waitMs`: before it comes again. */
  | { readonly waitMs: number }

/** Asked just before a wave is claimed. Gates that need a table answer for the whole wave at once. */
export type Gate = (wave: readonly Candidate[]) => readonly Admission[] | Promise<readonly Admission[]>

export interface Admitted {
  readonly admitted: readonly Candidate[]
  readonly handedBack: readonly { readonly candidate: Candidate; readonly waitMs: number }[]
}

/** Asks each gate about those that the gates before it admitted. */
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

/** A gate that asks nobody but this process. */
export function gate(admits: (candidate: Candidate) => boolean): Gate {
  return (wave) => wave.map((candidate) => (admits(candidate) ? 'admit' : { waitMs: 0 }))
}
