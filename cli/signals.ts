import { StopSignals, signalExitCode } from '../shared/local/stop-signals.ts'

/** Resolves at the first Ctrl-C, SIGTERM or hang-up. A second one ends the process at once. */
export function untilStopped(): Promise<NodeJS.Signals> {
  const { first, second } = new StopSignals()
  void second.then((signal) => process.exit(signalExitCode(signal)))
  return first
}
