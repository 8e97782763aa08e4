import { closeSync, fdatasync, fsync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import type { SqsRecord } from '../model/index.ts'
import { lineOf } from './log-lines.ts'

const syncData = promisify(fdatasync)
const syncFile = promisify(fsync)

/**
 * What an answer guarantees.
 * - `process`: the records were handed to the operating system. They survive the end of this process, also `kill -9`,
 * but not a power failure.
 * - `disk`: the records were also flushed to the disk (fdatasync, shared by requests that arrive together).
 */
export type Durability = 'process' | 'disk'

export interface DurableLogOptions {
  path: string
  durability: Durability
  header: object
  /** Current size of the file in bytes. */
  size: number
  /** The whole state, for a compaction. */
  records: () => Iterable<SqsRecord>
  /** Compact when the log grew by more than this and to more than twice its size after the last compaction. */
  compactAfterBytes: number
  warn: (message: string) => void
}

interface Compaction {
  fd: number
  path: string
  source: Iterator<SqsRecord>
  lines: string[]
  size: number
}

const RECORDS_PER_STEP = 2_000

/** The append-only log of one model. Records are appended as they happen; `commit()` reports when they are kept. */
export class DurableLog {
  private fd: number
  private size: number
  private sizeWhenCompact: number
  private pending: string[] = []
  private flushing: Promise<void> | undefined
  private syncing = false
  private broken: Error | undefined
  private compaction: Compaction | undefined
  private compacting: Promise<void> | undefined
  private closed = false
  private readonly options: DurableLogOptions

  constructor(options: DurableLogOptions) {
    this.options = options
    this.fd = openSync(options.path, 'a')
    this.size = options.size
    this.sizeWhenCompact = options.size
    if (options.size === 0) this.size = writeAll(this.fd, [lineOf(options.header)])
  }

  append(record: SqsRecord): void {
    if (this.closed || this.broken !== undefined) return
    const line = lineOf(record)
    this.pending.push(line)
    this.compaction?.lines.push(line)
    // Records that no request waits for (steps of a move task) are written too; the next commit reports a failure.
    if (this.flushing === undefined) this.commit()?.catch(() => {})
  }

  /** Undefined when everything is kept already. Otherwise resolves when all records appended so far are kept. */
  commit(): Promise<void> | undefined {
    if (this.broken !== undefined) return Promise.reject(this.broken)
    if (this.pending.length === 0) return this.flushing
    this.flushing ??= this.flushSoon()
    // A running flush has already taken its lines: the new lines go with the next flush.
    return this.syncing ? this.flushing.then(() => this.commit()) : this.flushing
  }

  /** Rewrites the log without obsolete records. Appending continues meanwhile. */
  compact(): Promise<void> {
    if (this.closed || this.broken !== undefined) return Promise.resolve()
    this.compacting ??= this.rewrite().finally(() => {
      this.compacting = undefined
    })
    return this.compacting
  }

  private async rewrite(): Promise<void> {
    const path = `${this.options.path}.compact`
    try {
      const fd = openSync(path, 'w')
      const source = this.options.records()[Symbol.iterator]()
      this.compaction = { fd, path, source, lines: [lineOf(this.options.header)], size: 0 }
      await this.runCompaction(this.compaction)
    } catch (error) {
      this.options.warn(`the log could not be compacted and goes on growing: ${error}`)
    } finally {
      if (this.compaction !== undefined) closeSync(this.compaction.fd)
      this.compaction = undefined
      // Do not retry before the log has grown by the same amount again.
      this.sizeWhenCompact = this.size
    }
  }

  async close(): Promise<void> {
    try {
      await this.commit()
    } finally {
      this.closed = true
      await this.compacting
      if (this.broken === undefined) fsyncSync(this.fd)
      closeSync(this.fd)
    }
  }

  /** Writes everything that arrives within one turn of the event loop at once. */
  private async flushSoon(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve))
    try {
      this.flush()
      if (this.options.durability === 'disk') {
        this.syncing = true
        await syncData(this.fd).catch((error: unknown) => this.fail(error))
      }
    } finally {
      this.syncing = false
      this.flushing = undefined
    }
    const limit = Math.max(this.options.compactAfterBytes, this.sizeWhenCompact)
    if (this.size - this.sizeWhenCompact > limit) void this.compact()
  }

  private flush(): void {
    if (this.pending.length === 0) return
    try {
      this.size += writeAll(this.fd, this.pending.splice(0))
    } catch (error) {
      this.fail(error)
    }
  }

  /** Nothing may follow a partial write: from here on the log accepts no records. */
  private fail(error: unknown): never {
    this.broken = new Error(`The log ${this.options.path} cannot be written; restart once that is mended. ${error}`)
    throw this.broken
  }

  private async runCompaction(compaction: Compaction): Promise<void> {
    for (let more = true; more; ) {
      for (let count = 0; count < RECORDS_PER_STEP; count += 1) {
        const { value, done } = compaction.source.next()
        if (done) {
          more = false
          break
        }
        compaction.lines.push(lineOf(value))
      }
      compaction.size += writeAll(compaction.fd, compaction.lines.splice(0))
      await new Promise<void>((resolve) => setImmediate(resolve))
      if (this.closed) return
    }
    await syncFile(compaction.fd)
    await this.flushing
    if (this.closed) return
    // No await from here on: both files must end with the same record.
    this.flush()
    compaction.size += writeAll(compaction.fd, compaction.lines.splice(0))
    if (this.options.durability === 'disk') fsyncSync(compaction.fd)
    renameSync(compaction.path, this.options.path)
    syncFolder(dirname(this.options.path))
    closeSync(this.fd)
    this.fd = compaction.fd
    this.size = compaction.size
    this.compaction = undefined
  }
}

function writeAll(fd: number, lines: string[]): number {
  if (lines.length === 0) return 0
  const bytes = Buffer.from(lines.join(''))
  for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written)
  return bytes.length
}

/** A rename is durable only after a flush of its folder. */
function syncFolder(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
