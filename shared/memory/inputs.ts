import type { Clock, InputItem, InputRef, Inputs } from '../ports/index.ts'

export interface MemoryInputs extends Inputs {
  /** Writes one within the call. */
  put(item: InputItem): void
  /** Whether an input is physically there. */
  holds(ref: InputRef): boolean
  /** Deletes what has expired. */
  sweep(): void
}

/** The inputs port in memory. A call takes effect as a whole at once, and answers in a later turn. */
export function createMemoryInputs({ clock }: { readonly clock: Clock }): MemoryInputs {
  const inputs = new Map<string, InputItem>()
  const put = (item: InputItem): void => {
    inputs.set(keyOf(item), Object.freeze({ ...item }))
  }
  return {
    async read(refs) {
      return refs.map((ref) => inputs.get(keyOf(ref))?.body)
    },
    async write(items) {
      items.forEach(put)
    },
    async remove(refs) {
      for (const ref of refs) inputs.delete(keyOf(ref))
    },
    put,
    holds: (ref) => inputs.has(keyOf(ref)),
    sweep() {
      for (const [key, { expiresAt }] of inputs) if (expiresAt * 1_000 <= clock.now()) inputs.delete(key)
    },
  }
}

function keyOf({ id, ref }: InputRef): string {
  return `${ref}#${id}`
}
