type Write = typeof process.stdout.write

/** The real standard output, while other code is redirected. */
let kept: Write | undefined

/** Writes to standard output, where the command's own words go. */
export function writeOut(text: string): void {
  ;(kept ?? process.stdout.write).call(process.stdout, text)
}

/**
 * Keeps standard output for the command: what the app's modules print while they are loaded, and while the command uses them, goes to standard error.
 * `id=$(celeriac call …)` must hold an id, and `--json` must be JSON.
 *
 * @returns a function that restores standard output
 */
export function keepStdout(): () => void {
  if (kept !== undefined) return () => {}
  const own = process.stdout.write
  kept = own
  const diverted = ((...given: Parameters<Write>) => process.stderr.write(...given)) as Write
  process.stdout.write = diverted
  return () => {
    kept = undefined
    // If other code has replaced it meanwhile, leave it.
    if (process.stdout.write === diverted) process.stdout.write = own
  }
}

/** A reader that has seen enough (`celeriac --help | head -1`) ends the command, without a word. What runs until a signal ends in its own order. */
export function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
      if (process.listenerCount('SIGTERM') > 0) process.emit('SIGTERM')
      else process.exit()
    })
  }
}
