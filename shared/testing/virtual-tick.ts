import type { AppDefinition } from '../core/app.ts'
import { allShards, lastMinuteOf, lookAheadMs, minuteMs } from '../core/due.ts'
import { schedulesHash } from '../core/schedule-record.ts'
import { Enqueuer } from '../enqueue/enqueuer.ts'
import type { MemoryTable } from '../memory/table.ts'
import type { VirtualClock } from '../memory/virtual-clock.ts'
import type { Ports } from '../ports/index.ts'
import { CertainLedger } from '../protocol/certain-ledger.ts'
import { loadCalendars } from '../schedule/occurrences.ts'
import { runTick } from '../schedule/tick.ts'

export interface VirtualTickDeps {
  readonly app: AppDefinition
  readonly ports: Ports
  readonly table: MemoryTable
  readonly clock: VirtualClock
}

const never = Number.POSITIVE_INFINITY

/** The tick on a virtual clock: it comes when something is due within its look-ahead, so that a year without anything costs nothing. */
export class VirtualTick {
  readonly #deps: VirtualTickDeps
  #synchronised = schedulesHash([])
  #last = -never

  constructor(deps: VirtualTickDeps) {
    this.#deps = deps
  }

  /** When it has something to do. A real one comes once a minute. */
  nextAt(): number {
    const { app, table } = this.#deps
    if (schedulesHash(app.schedules.values()) !== this.#synchronised) return this.#last + minuteMs
    const minute = table.due.nextMinute()
    return minute === undefined ? never : Math.max(minute * minuteMs - lookAheadMs + 1_000, this.#last + minuteMs)
  }

  async run(): Promise<void> {
    const { app, ports, table, clock } = this.#deps
    const now = clock.now()
    this.#last = now
    if (app.schedules.size > 0 || table.schedules.records().length > 0) await loadCalendars()
    await this.#passOver(now)
    const ledger = new CertainLedger(ports)
    const deps = { app, ports, ledger, enqueuer: new Enqueuer(ports, ledger) }
    const report = await clock.runUntilSettled(runTick(deps, { deadlineAt: never, schedules: app.schedules }))
    if (report.failures === 0) this.#synchronised = schedulesHash(app.schedules.values())
  }

  /** Minutes that hold nothing are done. */
  async #passOver(now: number): Promise<void> {
    const { table } = this.#deps
    const first = Math.min(table.due.nextMinute() ?? never, lastMinuteOf(now))
    const [state] = await table.ticks.read()
    if ((state?.doneUntil ?? 0) >= first - 1) return
    await table.ticks.write([{ range: allShards, token: 'virtual', now, doneUntil: first - 1 }])
  }
}
