/** A callback for the abort of a signal. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Calls back when the signal aborts, with one listener for any number of waiters: Node warns of leaks from the eleventh listener on.
 *
 * @returns a function that removes the callback. The listener is removed with the last callback
 */
export function onAbort(signal: AbortSignal, call: () => void): () => void {
  if (signal.aborted) {
    call()
    return () => {}
  }
  const waiters = waiting.get(signal) ?? listenTo(signal)
  // A new function, so that the same callback can wait twice.
  const waiter = () => call()
  waiters.add(waiter)
  return () => {
    waiters.delete(waiter)
    if (waiters.size > 0 || waiting.get(signal) !== waiters) return
    waiting.delete(signal)
    stops.get(waiters)?.()
  }
}

const stops = new WeakMap<Set<() => void>, () => void>()

function listenTo(signal: AbortSignal): Set<() => void> {
  const waiters = new Set<() => void>()
  const listener = (): void => {
    waiting.delete(signal)
    for (const waiter of [...waiters]) waiter()
  }
  signal.addEventListener('abort', listener, { once: true })
  waiting.set(signal, waiters)
  stops.set(waiters, () => signal.removeEventListener('abort', listener))
  return waiters
}
