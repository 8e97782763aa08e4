import { existsSync, mkdirSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { lockFolder } from '../../storage/folder-lock.ts'
import type { SqsModel, SqsRecord } from '../model/index.ts'
import { type LogLine, readLines } from './log-lines.ts'

const FORMAT = 'celeriac-sqs-log'
const VERSION = 1

export interface LogHeader {
  format: typeof FORMAT
  version: number
  accountId: string
  region: string
}

/** A log that cannot or must not be read. The message says which log, where, and what to do. */
export class LogError extends Error {
  override readonly name = 'LogError'
}

export interface OpenedLog {
  path: string
  header: LogHeader
  /** Bytes of valid records. */
  size: number
  /** Number of records read. Decides whether a compaction is worthwhile. */
  records: number
  /** Bytes cut off: a last record that was incomplete when the process died. */
  tornBytes: number
  unlock: () => void
}

/**
 * Opens the log of a data folder and fills the model from it. Cuts off an incomplete last record: its request was
 * never answered. Throws for any other damage, for example a damaged record before valid ones.
 */
export function openLog(dataDir: string, accountId: string, region: string, model: SqsModel): OpenedLog {
  mkdirSync(dataDir, { recursive: true })
  const unlock = lockFolder(dataDir, 'sqs.lock')
  try {
    const path = join(dataDir, 'sqs.log')
    rmSync(`${path}.compact`, { force: true })
    const header: LogHeader = { format: FORMAT, version: VERSION, accountId, region }
    const opened: OpenedLog = { path, header, size: 0, records: 0, tornBytes: 0, unlock }
    if (existsSync(path)) {
      model.replay(goodRecords(opened))
      if (opened.tornBytes > 0) truncateSync(path, opened.size)
    }
    return opened
  } catch (error) {
    unlock()
    throw error
  }
}

function* goodRecords(opened: OpenedLog): Generator<SqsRecord> {
  let torn: LogLine | undefined
  for (const line of readLines(opened.path)) {
    if (line.value === undefined) {
      torn ??= line
      continue
    }
    if (torn !== undefined) {
      throw new LogError(
        `${opened.path} is damaged: the record at byte ${torn.offset} cannot be read, and good ones follow it. ` +
          'Nothing was changed. Restore the file from a copy, or move it away to start with empty queues.',
      )
    }
    if (opened.size === 0) checkHeader(opened, line.value)
    else {
      opened.records += 1
      yield line.value as SqsRecord
    }
    opened.size = line.end
  }
  if (torn !== undefined) opened.tornBytes = endOf(opened.path) - opened.size
}

function endOf(path: string): number {
  let end = 0
  for (const line of readLines(path)) end = line.end
  return end
}

function checkHeader({ path, header }: OpenedLog, value: unknown): void {
  const { format, version, accountId, region } = value as Partial<LogHeader>
  if (format !== FORMAT) throw new LogError(`${path} is not a log of this server. Give another data folder.`)
  if (version !== VERSION) {
    throw new LogError(
      `${path} has version ${version}; this server reads version ${VERSION}. Use the server that wrote it.`,
    )
  }
  if (accountId !== header.accountId || region !== header.region) {
    throw new LogError(
      `${path} holds queues of account ${accountId} in ${region}, but the server was started for account ` +
        `${header.accountId} in ${header.region}. Start it with the same account and region, or with another folder.`,
    )
  }
}
