/** Ctrl-C under npm comes twice: from the terminal, which tells all processes of the group, and from npm, which passes it on. Nobody is that quick. */
const sameMs = 150

/** Ctrl-C, SIGTERM and hang-up, counted: the first asks to finish, the second to end at once. */
export class StopSignals {
  readonly first: Promise<NodeJS.Signals>
  readonly second: Promise<NodeJS.Signals>
  readonly #listener: (signal: NodeJS.Signals) => void

  constructor() {
    let firstAt: number | undefined
    let resolveFirst = (_signal: NodeJS.Signals): void => {}
    let resolveSecond = (_signal: NodeJS.Signals): void => {}
    this.first = new Promise((resolve) => {
      resolveFirst = resolve
    })
    this.second = new Promise((resolve) => {
      resolveSecond = resolve
    })
    this.#listener = (signal) => {
      if (firstAt === undefined) {
        firstAt = performance.now()
        resolveFirst(signal)
      } else if (performance.now() - firstAt > sameMs) resolveSecond(signal)
    }
    for (const name of names) process.on(name, this.#listener)
  }

  close(): void {
    for (const name of names) process.removeListener(name, this.#listener)
  }
}

const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const numbers: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }

/** The exit code of a process that a signal ended, as shells have it. */
export function signalExitCode(signal: NodeJS.Signals): number {
  return 128 + (numbers[signal] ?? 0)
}
