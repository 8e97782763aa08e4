import type { AppDefinition } from '../core/app.ts'
import type { Enqueuer } from '../enqueue/enqueuer.ts'
import type { Gatherer } from '../enqueue/gatherer.ts'
import type { Ports } from '../ports/index.ts'
import type { CertainLedger } from '../protocol/certain-ledger.ts'
import type { ResultPoller } from './result-poller.ts'

/** What the tasks, handles and inspections of an app share. */
export interface Services {
  readonly app: AppDefinition
  readonly ports: Ports
  readonly ledger: CertainLedger
  readonly enqueuer: Enqueuer
  /** Batches single calls. */
  readonly gatherer: Gatherer
  readonly poller: ResultPoller
}
