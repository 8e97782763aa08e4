import type { Context } from './context.ts'
import type { Row } from './row.ts'
import type { Table } from './table.ts'

/** What expired longer ago than this is left alone. Source: "Using time to live (TTL)": five years. */
const TOO_OLD_SECONDS = 5 * 365 * 24 * 3_600
/** Looked at without a pause: about a millisecond. */
const ROWS_AT_ONCE = 20_000

/** Deletes items whose time to live has ended, some time afterwards: AWS says within a few days, here it is the next round. */
export class Sweeper {
  private readonly context: Context
  private readonly everyMs: number
  private cancel: () => void = () => {}
  private round: Iterator<void> | undefined

  /** @param everyMs pause between two rounds over all tables */
  constructor(context: Context, everyMs: number) {
    this.context = context
    this.everyMs = everyMs
    this.wait(everyMs)
  }

  stop(): void {
    this.cancel()
  }

  private wait(ms: number): void {
    this.cancel = this.context.clock.setTimer(ms, () => this.step())
  }

  private step(): void {
    this.round ??= this.steps()
    if (!this.round.next().done) return this.wait(0)
    this.round = undefined
    this.wait(this.everyMs)
  }

  private *steps(): Generator<void, void> {
    for (const table of [...this.context.tables.values()]) {
      if (table.record.ttlAttribute === undefined) continue
      let expired: Row[] = []
      let seen = 0
      for (const row of table.rows.rows()) {
        if (this.hasExpired(row)) expired.push(row)
        seen += 1
        if (seen % ROWS_AT_ONCE > 0) continue
        this.delete(table, expired)
        expired = []
        yield
      }
      this.delete(table, expired)
    }
  }

  private hasExpired({ expiresAt }: Row): boolean {
    const now = Math.floor(this.context.clock.now() / 1_000)
    return expiresAt >= 0 && expiresAt < now && expiresAt > now - TOO_OLD_SECONDS
  }

  private delete(table: Table, rows: readonly Row[]): void {
    if (this.context.tables.get(table.name) !== table) return
    // A row that came back meanwhile is another row, or has another time.
    const gone = rows.filter((row) => this.hasExpired(row) && table.rowAt(row) === row)
    for (const row of gone) table.remove(row)
    if (gone.length > 0) this.context.emit(gone.map((row) => ({ kind: 'remove', table, row }) as const))
  }
}
