import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { lockFolder } from '../../storage/folder-lock.ts'
import type { DynamoDbModel } from '../model/index.ts'
import { changesIn, headerIn, type LogLine, readLines } from './log-lines.ts'

const FORMAT = 'celeriac-dynamodb-log'
const VERSION = 1

export interface LogHeader {
  readonly format: typeof FORMAT
  readonly version: number
}

/** A folder whose content cannot or must not be read. The message says which file, where, and what to do. */
export class LogError extends Error {
  override readonly name = 'LogError'
}

export interface OpenedLog {
  readonly path: string
  readonly header: LogHeader
  /** Bytes of valid lines. */
  size: number
  /** Changes read, to judge whether a compaction pays. */
  changes: number
  /** Bytes cut off: a last line that was incomplete when the process died. */
  tornBytes: number
  readonly unlock: () => void
}

/**
 * Opens the log of a data folder and fills the model from it. Cuts off an incomplete last line: its request was never
 * answered. Throws for any other damage, for example a damaged line before valid ones.
 *
 * @throws LogError when this server cannot read the folder's content
 */
export function openLog(dataDir: string, model: DynamoDbModel): OpenedLog {
  mkdirSync(dataDir, { recursive: true })
  refuseDatabases(dataDir)
  const unlock = lockFolder(dataDir, 'dynamodb.lock')
  try {
    const path = join(dataDir, 'dynamodb.log')
    rmSync(`${path}.compact`, { force: true })
    const opened: OpenedLog = {
      path,
      header: { format: FORMAT, version: VERSION },
      size: 0,
      changes: 0,
      tornBytes: 0,
      unlock,
    }
    if (existsSync(path)) {
      read(opened, model)
      if (opened.tornBytes > 0) truncateSync(path, opened.size)
    }
    return opened
  } catch (error) {
    unlock()
    throw error
  }
}

function read(opened: OpenedLog, model: DynamoDbModel): void {
  const apply = model.replay()
  let torn: LogLine | undefined
  for (const line of readLines(opened.path)) {
    if (line.text === undefined) {
      torn ??= line
      opened.tornBytes = line.end - opened.size
      continue
    }
    if (torn !== undefined) throw damaged(opened.path, torn.offset)
    if (opened.size === 0) checkHeader(opened.path, line.text)
    else {
      try {
        for (const change of changesIn(line.text)) {
          apply(change)
          opened.changes += 1
        }
      } catch {
        throw damaged(opened.path, line.offset)
      }
    }
    opened.size = line.end
  }
}

const damaged = (path: string, offset: number) =>
  new LogError(
    `${path} is damaged: the record at byte ${offset} cannot be read, and good ones follow it or it is not of this ` +
      'server. Nothing was changed. Restore the file from a copy, or move it away to start with empty tables.',
  )

function checkHeader(path: string, text: Buffer): void {
  const { format, version } = (headerIn(text) ?? {}) as Partial<LogHeader>
  if (format !== FORMAT) throw new LogError(`${path} is not a log of this server. Give another data folder.`)
  if (version !== VERSION) {
    throw new LogError(
      `${path} has version ${version}; this server reads version ${VERSION}. Use the server that wrote it.`,
    )
  }
}

const SQLITE = 'SQLite format 3\0'

/** Refuses a folder with tables of another engine (dynoxide, DynamoDB Local): they would seem to have vanished. */
function refuseDatabases(dataDir: string): void {
  for (const name of readdirSync(dataDir)) {
    if (!/\.(?:db|sqlite3?)$/.test(name)) continue
    const path = join(dataDir, name)
    if (firstBytes(path, SQLITE.length) !== SQLITE) continue
    throw new LogError(
      `${path} is an SQLite database of another DynamoDB engine (dynoxide or DynamoDB Local), which this one cannot ` +
        'read. To start anew, remove the file or give another data folder; to keep its tables, start the engine that wrote it.',
    )
  }
}

function firstBytes(path: string, count: number): string {
  const fd = openSync(path, 'r')
  try {
    const buffer = Buffer.alloc(count)
    return buffer.toString('latin1', 0, readSync(fd, buffer, 0, count, 0))
  } finally {
    closeSync(fd)
  }
}
