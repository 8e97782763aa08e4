import type { WriteAnswer } from './answers.ts'
import { port } from './port.ts'

/** Where one thing that is due lies. */
export interface DueKey {
  /** The bucket: minutes since 1970. */
  readonly minute: number
  readonly kind: 'task' | 'schedule'
  /** The task's id, the schedule's name. */
  readonly id: string
  /** When it is due, epoch ms. Not before its bucket's minute ends, unless it is late. */
  readonly at: number
}

/** One thing that is due. */
export interface DueItem extends DueKey {
  /** The opening of the task's id, or the generation of the schedule's spec. Of another one than now: stale. */
  readonly generation: number
  /** A task's queue. */
  readonly queue?: string
  /** A task's message, when it is small. Absent: it is made of the record. */
  readonly body?: string
}

export interface DuePage {
  readonly items: readonly DueItem[]
  /** Pass it to get the next page. Absent: the end. */
  readonly cursor?: string
}

/**
 * What is due later, in buckets of a minute and a shard. Batches of any size are accepted and split; answers stand in the order of the entries.
 */
export interface Due {
  /** Writes items. Writing one again changes nothing. An item that its tick never reads is deleted after some months. */
  put(items: readonly DueItem[]): Promise<readonly WriteAnswer[]>
  /** The items of a bucket in the order of their time, as of now. A page may be empty and still have a cursor. */
  list(minute: number, shard: number, cursor?: string): Promise<DuePage>
  /** Removes items. Removing what is not there is no error. Throws when any may still be there. */
  remove(keys: readonly DueKey[]): Promise<void>
}

export const duePort = port<Due>()('due', { put: 'write', list: 'read', remove: 'put' })
