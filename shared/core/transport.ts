import { hideAtMostMs, maxDelayMs } from './defaults.ts'
import type { QueueTimes } from './queue.ts'

/** How a message waits: hidden where it is, as a fresh copy sent in its place, or in the table. In whole seconds, as SQS requires. */
export type Wait =
  | { readonly kind: 'hide'; readonly seconds: number }
  | { readonly kind: 'refresh'; readonly delaySeconds: number }
  | { readonly kind: 'park' }

export interface WaitingMessage {
  readonly waitMs: number
  /** Age of this copy: SQS deletes it when it reaches the retention. */
  readonly ageMs: number
  /** SQS moves it to the dead-letter queue when they exceed maxReceiveCount. */
  readonly receiveCount: number
  readonly times: QueueTimes
  /** The task has a record, so it can wait in the table. @default false */
  readonly canPark?: boolean
}

/**
 * Up to a minute, the message is hidden. For longer waits, or when the copy has used half of its retention or receives, a fresh copy is sent.
 * Long waits are never hidden, since hidden messages count towards the queue's 120,000 in flight. Waits longer than SQS can delay (15 minutes) are parked, at the
 * same cost for any length. A task without a record cannot be parked: a fresh copy is sent every 15 minutes.
 */
export function planWait({ waitMs, ageMs, receiveCount, times, canPark = false }: WaitingMessage): Wait {
  const wait = Math.max(0, waitMs)
  if (canPark && wait > maxDelayMs) return { kind: 'park' }
  const worn = ageMs > times.retentionMs / 2 || receiveCount > times.maxReceiveCount / 2
  if (wait <= hideAtMostMs && !worn) return { kind: 'hide', seconds: Math.ceil(wait / 1_000) }
  return { kind: 'refresh', delaySeconds: Math.ceil(Math.min(wait, maxDelayMs) / 1_000) }
}
