import type { Readable } from 'node:stream'

/** One line that a worker wrote. */
export interface LogLine {
  /** The function: `<prefix>-<queue>`. */
  readonly functionName: string
  /** The invocation during which it was written. Undefined: the init phase. */
  readonly requestId: string | undefined
  readonly stream: 'stdout' | 'stderr'
  /** Without its line break. console.* writes instant, request id, level and message between tabs, as on Lambda. */
  readonly text: string
}

/** What lies longer than this without a line break is passed on as it is. */
const longestLine = 256 * 1024

/** Calls `onLine` for each line of a stream, the last one included when it has no line break. */
export function readLines(stream: Readable, onLine: (text: string) => void): void {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
    if (rest.length > longestLine) {
      onLine(rest)
      rest = ''
    }
  })
  stream.on('end', () => {
    if (rest !== '') onLine(rest)
    rest = ''
  })
  stream.on('error', () => {})
}
