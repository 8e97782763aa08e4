import { inputExpiresAtSeconds } from '../core/lifetime.ts'
import type { TaskRecord } from '../core/record.ts'
import type { Ports } from '../ports/index.ts'

/** Renews input items: they must live as long as copies of their message. */
export async function renewInputs({ inputs, clock }: Ports, records: readonly TaskRecord[]): Promise<void> {
  const refs = records.flatMap(({ id, inputRef }) => (inputRef === undefined ? [] : [{ id, ref: inputRef }]))
  if (refs.length === 0) return
  try {
    const bodies = await inputs.read(refs)
    const expiresAt = inputExpiresAtSeconds(clock.now())
    await inputs.write(
      refs.flatMap(({ id, ref }, index) => {
        const body = bodies[index]
        return body === undefined ? [] : [{ id, ref, body, expiresAt }]
      }),
    )
  } catch {
    // The message carries the input. The input item serves people and `reconcile`, and the next copy renews it.
  }
}
