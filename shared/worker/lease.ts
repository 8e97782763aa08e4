import { clockSkewMs, containerLeaseMs, renewalMs, settleMarginMs } from '../core/defaults.ts'
import type { QueueDefinition, QueueTimes } from '../core/queue.ts'
import type { Delivery, Ports } from '../ports/index.ts'

/** How long the tasks of a batch may run, and how their claims last that long. Instants in epoch ms. */
export interface Lease {
  /** The end of the lease of a claim that is asked for now. */
  until(now: number): number
  /** A task with this time limit can finish and be settled in time. `isFirst`: nothing of the batch has started yet. */
  canStart(timeLimitMs: number, now: number, isFirst: boolean): boolean
  /** The claim was answered when so much of its time had passed that the task is to be handed back. */
  isTooLate(timeLimitMs: number, leaseUntil: number, now: number): boolean
  /** What a task that starts now gets of its time limit. */
  cut(timeLimitMs: number, now: number): number
  /** No run can go on after this instant. Undefined where leases are renewed. */
  readonly latestEndAt: number | undefined
  /** A solo claim that may have been written is asked about until then: nothing better could be done with the time. */
  doubtUntil(now: number): number
  /** For leases that are renewed while their task runs: the visibility that the message gets each time, ms. */
  readonly renewVisibilityMs: number | undefined
  /** Keeps what was received and waits for its turn hidden. Returns a function that stops it. */
  keepHidden(waiting: () => readonly Delivery[]): () => void
}

/**
 * A Lambda invocation ends at its deadline, for all of its tasks. Leases last a little longer, by what clocks of two machines may differ. The
 * messages stay hidden longer than that by themselves.
 */
export function lambdaLease(deadlineAt: number, queue: QueueDefinition): Lease {
  const marginMs = settleMarginMs(queue.timeoutMs)
  return {
    until: () => deadlineAt + clockSkewMs,
    canStart(timeLimitMs, now, isFirst) {
      const leftMs = deadlineAt - now
      // The first tasks of an invocation start with less: a slow cold start would hand them back for ever.
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

/** A container lives on: a lease lasts a minute and is renewed every 20 s, together with the visibility of the message. */
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
        // If a message could not be hidden it is received again: that delivery finds the record.
        if (requests.length > 0) void queues.hide(queue.name, requests).catch(() => {})
      }
      let cancel = clock.timer(renewalMs, hide, { background: true })
      return () => cancel()
    },
  }
}
