import type { AppDefinition } from '../core/app.ts'
import { Enqueuer } from '../enqueue/enqueuer.ts'
import type { Ports } from '../ports/index.ts'
import { CertainLedger } from '../protocol/certain-ledger.ts'
import { runTick, type TickReport } from './tick.ts'
import { tickRangeOf } from './tick-event.ts'

export interface TickApp {
  readonly definition: AppDefinition
  ports(): Ports | Promise<Ports>
}

/**
 * Runs the tick if the event is a tick event.
 *
 * @param deadlineAt epoch ms at which the process is stopped
 * @returns undefined for any other event
 */
export async function handleTick(app: TickApp, event: unknown, deadlineAt: number): Promise<TickReport | undefined> {
  const range = tickRangeOf(event)
  if (range === undefined) return undefined
  const ports = await app.ports()
  const ledger = new CertainLedger(ports)
  const deps = { app: app.definition, ports, ledger, enqueuer: new Enqueuer(ports, ledger) }
  return runTick(deps, { range, deadlineAt, schedules: app.definition.schedules })
}
