import { recordOfMessage } from '../core/call.ts'
import { inputExpiresAtSeconds } from '../core/lifetime.ts'
import type { TaskMessage } from '../core/message.ts'
import type { TaskRecord } from '../core/record.ts'
import type { Ports } from '../ports/index.ts'

/** Inputs in items of their own live as long as copies of their message do. */
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
    // The message carries the input; its own item is for people and for sending again. The next copy renews it.
  }
}

/**
 * The worker that made the record of a foreign message may have died between it and the input beside it: they are two statements. Nobody knows
 * while the record stands as it was made, so its input is written again, before anything is built upon it.
 */
export async function completeInput(
  { inputs }: Ports,
  queue: string,
  message: TaskMessage,
  record: TaskRecord,
): Promise<void> {
  // Messages of ours carry a version: they were sent when record and input were certain.
  if (message.v !== undefined || record.v !== 1 || record.inputRef === undefined) return
  const { inputItem } = recordOfMessage(message, queue, record.enqueuedAt, record.token)
  // Whoever uses an id again for another input must not replace the first one's.
  if (inputItem?.ref === record.inputRef) await inputs.write([inputItem])
}
