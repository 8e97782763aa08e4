import { closeSync, openSync, readSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import type { Change, Replayed } from '../model/index.ts'
import { type KeyValues, keyValuesOf } from '../model/index.ts'

// A line is the CRC-32 of its text in eight hexadecimal digits, a space, the text, a line feed. The text is fields
// separated by tabs, of which JSON has none: a letter for each change and what belongs to it. What happened together is
// one line, so that it is read together or not at all.
//
//   h  format and version        t  table        d  name of a dropped table
//   p  table, [key values, bytes, expiry], item      r  table, [key values]      k  client request token

const TAB = 9
const LINE_FEED = 10

export function lineOf(text: string): string {
  return `${crc32(text).toString(16).padStart(8, '0')} ${text}\n`
}

export function headerLine(header: object): string {
  return lineOf(`h\t${JSON.stringify(header)}`)
}

export function changesLine(changes: readonly Change[]): string {
  return lineOf(changes.length === 1 ? fieldsOf(changes[0] as Change) : changes.map(fieldsOf).join('\t'))
}

function fieldsOf(change: Change): string {
  switch (change.kind) {
    case 'put': {
      const { table, row } = change
      const keys = JSON.stringify([...keyValuesOf(table, row.glimpse), row.bytes, row.expiresAt])
      return `p\t${table.name}\t${keys}\t${row.json}`
    }
    case 'remove':
      return `r\t${change.table.name}\t${JSON.stringify(keyValuesOf(change.table, change.row.glimpse))}`
    case 'table':
      return `t\t${JSON.stringify(change.table.record)}`
    case 'drop':
      return `d\t${change.name}`
    case 'token':
      return `k\t${JSON.stringify(change.record)}`
  }
}

export interface LogLine {
  /** Where the line begins in the file. */
  readonly offset: number
  /** Where the next one does. */
  readonly end: number
  /** Its text; undefined when it is torn or spoilt. */
  readonly text: Buffer | undefined
}

const CHUNK = 4 << 20

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
      for (let at = data.indexOf(LINE_FEED, from); at >= 0; at = data.indexOf(LINE_FEED, from)) {
        const length = at - from + 1
        yield { offset, end: offset + length, text: textIn(data.subarray(from, at)) }
        offset += length
        from = at + 1
      }
      rest = data.subarray(from)
    }
    if (rest.length > 0) yield { offset, end: offset + rest.length, text: undefined }
  } finally {
    closeSync(fd)
  }
}

function textIn(line: Buffer): Buffer | undefined {
  if (line.length < 10 || line[8] !== 32) return undefined
  const text = line.subarray(9)
  return crc32(text) === Number.parseInt(line.toString('latin1', 0, 8), 16) ? text : undefined
}

/** The header, when the line is one. */
export function headerIn(text: Buffer): unknown {
  return text[0] === 104 && text[1] === TAB ? JSON.parse(text.toString('utf8', 2)) : undefined
}

/** The changes of a line, in order. @throws Error for a line of another kind */
export function* changesIn(text: Buffer): Generator<Replayed> {
  const fields = new Fields(text)
  while (!fields.atEnd) {
    const kind = fields.next()
    switch (kind) {
      case 'p': {
        const table = fields.next()
        const keys = JSON.parse(fields.next()) as (string | number | null)[]
        const expiresAt = keys.pop() as number
        const bytes = keys.pop() as number
        yield { kind: 'put', table, keys: keys as KeyValues, bytes, expiresAt, json: fields.next() }
        break
      }
      case 'r':
        yield { kind: 'remove', table: fields.next(), keys: JSON.parse(fields.next()) }
        break
      case 't':
        yield { kind: 'table', record: JSON.parse(fields.next()) }
        break
      case 'd':
        yield { kind: 'drop', name: fields.next() }
        break
      case 'k':
        yield { kind: 'token', record: JSON.parse(fields.next()) }
        break
      default:
        throw new Error(`a record of the unknown kind '${kind}'`)
    }
  }
}

class Fields {
  private from = 0
  private readonly text: Buffer

  constructor(text: Buffer) {
    this.text = text
  }

  get atEnd(): boolean {
    return this.from > this.text.length
  }

  next(): string {
    const { text, from } = this
    const tab = text.indexOf(TAB, from)
    const end = tab < 0 ? text.length : tab
    this.from = end + 1
    return text.toString('utf8', from, end)
  }
}
