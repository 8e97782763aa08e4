import { renewalMs } from '../core/defaults.ts'
import type { Delivery, Ports } from '../ports/index.ts'

/**
 * In containers: hides what was received and waits for its turn again and again, or another worker would be given it as well.
 *
 * @param waiting what waits at that moment
 * @param hideMs each time, from then on
 * @returns ends it
 */
export function keepHidden(
  { queues, clock }: Pick<Ports, 'queues' | 'clock'>,
  queue: string,
  hideMs: number,
  waiting: () => readonly Delivery[],
): () => void {
  const hide = (): void => {
    cancel = clock.timer(renewalMs, hide, { background: true })
    const requests = waiting().map(({ receipt }) => ({ receipt, delaySeconds: Math.ceil(hideMs / 1_000) }))
    // One that could not be hidden appears again: whoever is given it finds the record.
    if (requests.length > 0) void queues.hide(queue, requests).catch(() => {})
  }
  let cancel = clock.timer(renewalMs, hide, { background: true })
  return () => cancel()
}
