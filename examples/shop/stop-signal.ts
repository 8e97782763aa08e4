/** Under npm one Ctrl-C comes twice: from the terminal, and passed on by npm. */
const sameMs = 1_000

/** Aborted by the first Ctrl-C, SIGTERM or hang-up. A second Ctrl-C or SIGTERM ends the process at once. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController()
  let firstAt: number | undefined
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (firstAt === undefined) {
        firstAt = performance.now()
        controller.abort(new Error(`stopped by ${name}`))
        // A terminal that closes hangs up after whatever it said before.
      } else if (name !== 'SIGHUP' && performance.now() - firstAt > sameMs) process.exit(130)
    })
  }
  return controller.signal
}

export function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
