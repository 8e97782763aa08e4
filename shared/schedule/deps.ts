import type { AppDefinition } from '../core/app.ts'
import type { Enqueuer } from '../enqueue/enqueuer.ts'
import type { Ports } from '../ports/index.ts'
import type { CertainLedger } from '../protocol/certain-ledger.ts'

/** Dependencies of the schedule code. */
export interface ScheduleDeps {
  readonly app: AppDefinition
  readonly ports: Pick<
    Ports,
    'due' | 'schedules' | 'ticks' | 'records' | 'inputs' | 'queues' | 'clock' | 'random' | 'telemetry'
  >
  readonly ledger: Pick<CertainLedger, 'change'>
  readonly enqueuer: Pick<Enqueuer, 'enqueue'>
}
