import { closeSync, openSync, readSync } from 'node:fs'
import { crc32 } from 'node:zlib'

/** One line of a log: the CRC-32 of the JSON in eight hexadecimal digits, a space, the JSON, a line feed. */
export function lineOf(value: object): string {
  const json = JSON.stringify(value)
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`
}

export interface LogLine {
  /** Byte offset of the line in the file. */
  offset: number
  /** Byte offset of the next line. */
  end: number
  /** The parsed JSON; undefined when the line is incomplete or damaged. */
  value: unknown
}

const CHUNK = 1 << 20

/** The lines of a log, one by one, for files of any size. A last line without a line feed is incomplete. */
export function* readLines(path: string): Generator<LogLine> {
  const fd = openSync(path, 'r')
  try {
    let rest = Buffer.alloc(0)
    let offset = 0
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK)
      const bytes = readSync(fd, chunk, 0, CHUNK, null)
      if (bytes === 0) break
      const data = rest.length === 0 ? chunk.subarray(0, bytes) : Buffer.concat([rest, chunk.subarray(0, bytes)])
      let from = 0
      for (let at = data.indexOf(10, from); at >= 0; at = data.indexOf(10, from)) {
        const length = at - from + 1
        yield { offset, end: offset + length, value: valueOfLine(data.subarray(from, at)) }
        offset += length
        from = at + 1
      }
      rest = data.subarray(from)
    }
    if (rest.length > 0) yield { offset, end: offset + rest.length, value: undefined }
  } finally {
    closeSync(fd)
  }
}

function valueOfLine(line: Buffer): unknown {
  if (line.length < 10 || line[8] !== 32) return undefined
  const json = line.subarray(9)
  if (crc32(json) !== Number.parseInt(line.toString('latin1', 0, 8), 16)) return undefined
  try {
    return JSON.parse(json.toString('utf8'))
  } catch {
    return undefined
  }
}
