import { closeSync, fdatasync, fsync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'

const syncData = promisify(fdatasync)
const syncFile = promisify(fsync)

/**
 * What an answer guarantees.
 * - `process`: the changes were handed to the operating system. They survive the end of this process, also `kill -9`,
 * but not a power failure.
 * - `disk`: the changes were also flushed to the disk (fdatasync, shared by requests that arrive together).
 */
export type Durability = 'process' | 'disk'

export interface DurableLogOptions {
  readonly path: string
  readonly durability: Durability
  /** The first line of a new file. */
  readonly header: string
  /** Bytes the file has now. */
  readonly size: number
  /** Everything there is, as lines, for a compaction. */
  readonly lines: () => Iterable<string>
  /** A log that grew by more than this, and to more than twice what its last compaction left, is compacted. */
  readonly compactAfterBytes: number
  readonly warn: (message: string) => void
}

interface Compaction {
  readonly fd: number
  readonly path: string
  readonly source: Iterator<string>
  lines: string[]
  size: number
}

const LINES_PER_STEP = 2_000

/** An append-only log of lines: they go in as things happen, `commit()` tells when they are kept. */
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
    if (options.size === 0) this.size = writeAll(this.fd, [options.header])
  }

  append(line: string): void {
    if (this.closed || this.broken !== undefined) return
    this.pending.push(line)
    this.compaction?.lines.push(line)
    // Expiries, which no request waits for, are written too; the next commit reports a failure.
    if (this.flushing === undefined) this.commit()?.catch(() => {})
  }

  /** Undefined when everything is kept already; else it resolves when all that was appended so far is. */
  commit(): Promise<void> | undefined {
    if (this.broken !== undefined) return Promise.reject(this.broken)
    if (this.pending.length === 0) return this.flushing
    this.flushing ??= this.flushSoon()
    // A flush that waits for the disk took its lines already: these go with the next.
    return this.syncing ? this.flushing.then(() => this.commit()) : this.flushing
  }

  /** Rewrites the log without what is over, while appending goes on. */
  compact(): Promise<void> {
    if (this.closed || this.broken !== undefined) return Promise.resolve()
    this.compacting ??= this.rewrite().finally(() => {
      this.compacting = undefined
    })
    return this.compacting
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

  /** All that comes within one turn of the event loop is written at once. */
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

  /** Nothing may follow a partial write: from here on the log accepts no lines. */
  private fail(error: unknown): never {
    this.broken = new Error(`The log ${this.options.path} cannot be written; restart once that is mended. ${error}`)
    throw this.broken
  }

  private async rewrite(): Promise<void> {
    const path = `${this.options.path}.compact`
    try {
      const fd = openSync(path, 'w')
      const source = this.options.lines()[Symbol.iterator]()
      this.compaction = { fd, path, source, lines: [this.options.header], size: 0 }
      await this.runCompaction(this.compaction)
    } catch (error) {
      this.options.warn(`the log could not be compacted and goes on growing: ${error}`)
    } finally {
      if (this.compaction !== undefined) closeSync(this.compaction.fd)
      this.compaction = undefined
      // Not again before it has grown as much again.
      this.sizeWhenCompact = this.size
    }
  }

  private async runCompaction(compaction: Compaction): Promise<void> {
    for (let more = true; more; ) {
      for (let count = 0; count < LINES_PER_STEP; count += 1) {
        const { value, done } = compaction.source.next()
        if (done) {
          more = false
          break
        }
        compaction.lines.push(value)
      }
      compaction.size += writeAll(compaction.fd, compaction.lines.splice(0))
      await new Promise<void>((resolve) => setImmediate(resolve))
      if (this.closed) return
    }
    await syncFile(compaction.fd)
    await this.flushing
    if (this.closed) return
    // From here on without a pause: both files end with the same line.
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

/** A rename is kept for sure only when its folder is. Windows opens no folders, and needs no such thing. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
