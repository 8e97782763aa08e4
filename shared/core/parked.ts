import { dueBodyBytes, minuteOf } from './due.ts'
import { byteLength } from './json.ts'

/** A task that waits in the table instead of in its queue. */
export interface ParkedTask {
  readonly minute: number
  readonly kind: 'task'
  readonly id: string
  readonly at: number
  readonly generation: number
  readonly queue: string
  /** The message, when it is small. A larger one is made again from its record. */
  readonly body?: string
}

export function parkedTask(
  { id, generation }: { readonly id: string; readonly generation: number },
  queue: string,
  at: number,
  body: string,
): ParkedTask {
  const small = byteLength(body) <= dueBodyBytes
  return { minute: minuteOf(at), kind: 'task', id, at, generation, queue, ...(small && { body }) }
}
