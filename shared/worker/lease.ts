import { clockSkewMs, containerLeaseMs, renewalMs, settleMarginMs } from '../core/defaults.ts'
import type { QueueDefinition, QueueTimes } from '../core/queue.ts'
import type { Delivery, Ports } from '../ports/index.ts'

/** How long the tasks of a batch may run, and how long their claims last. Instants in epoch ms. */
export interface Lease {
  /** When the lease of a claim that is requested now ends. */
  until(now: number): number
  /** Whether a task with this time limit can finish and be settled in time. `isFirst`: no task of the batch has started yet. */
  canStart(timeLimitMs: number, now: number, isFirst: boolean): boolean
  /** Whether the answer to the claim came so late that the task must be handed back. */
  isTooLate(timeLimitMs: number, leaseUntil: number, now: number): boolean
  /** The time limit of a task that starts now: its own, or what is left. */
  cut(timeLimitMs: number, now: number): number
  /** No run can go on after this instant. Undefined where leases are renewed. */
  readonly latestEndAt: number | undefined
  /** Until when an unclear solo claim is checked. Nothing else can run before it is clear. */
  doubtUntil(now: number): number
  /** For leases that are renewed while their task runs: the visibility that each renewal gives the message, ms. */
  readonly renewVisibilityMs: number | undefined
  /** Keeps received messages hidden while they wait for their turn. Returns a function that stops this. */
  keepHidden(waiting: () => readonly Delivery[]): () => void
}

/**
 * A Lambda invocation ends at its deadline, for all its tasks. Leases last longer by the clock difference that we tolerate. The
 * queue's visibility hides the messages even longer.
 */
export function lambdaLease(deadlineAt: number, queue: QueueDefinition): Lease {
  const marginMs = settleMarginMs(queue.timeoutMs)
  return {
    until: () => deadlineAt + clockSkewMs,
    canStart(timeLimitMs, now, isFirst) {
      const leftMs = deadlineAt - now
      // The first tasks of an invocation may start with less time. Otherwise a slow cold start would hand them back for ever.
      if (isFirst && leftMs >= queue.timeoutMs / 2) return true
      return timeLimitMs <= leftMs - marginMs / 2
    },
    isTooLate: (timeLimitMs, leaseUntil, now) => leaseUntil <= now || deadlineAt - now < timeLimitMs / 2,
    cut: (timeLimitMs, now) => Math.max(1, Math.min(timeLimitMs, deadlineAt - now - marginMs / 4)),
    latestEndAt: deadlineAt - marginMs / 4,
    doubtUntil: () => deadlineAt - marginMs,
    renewVisibilityMs: undefined,
    keepHidden: () => () => {},
  }
}

/** A container has no deadline: a lease lasts a minute and is renewed every 20 s, together with the visibility of the message. */
export function containerLease(
  { queues, clock }: Pick<Ports, 'queues' | 'clock'>,
  queue: QueueDefinition,
  times: QueueTimes,
): Lease {
  const hideMs = times.containerVisibilityMs
  return {
    until: (now) => now + containerLeaseMs,
    canStart: () => true,
    // With less left, the lease could end before its first renewal.
    isTooLate: (_timeLimitMs, leaseUntil, now) => leaseUntil - now < containerLeaseMs / 2,
    cut: (timeLimitMs) => timeLimitMs,
    latestEndAt: undefined,
    doubtUntil: (now) => now + containerLeaseMs - settleMarginMs(queue.timeoutMs),
    renewVisibilityMs: hideMs,
    keepHidden(waiting) {
      const hide = (): void => {
        cancel = clock.timer(renewalMs, hide, { background: true })
        const requests = waiting().map(({ receipt }) => ({ receipt, delaySeconds: Math.ceil(hideMs / 1_000) }))
        // If a message could not be hidden, it is received again, and that delivery finds the record.
        if (requests.length > 0) void queues.hide(queue.name, requests).catch(() => {})
      }
      let cancel = clock.timer(renewalMs, hide, { background: true })
      return () => cancel()
    },
  }
}
