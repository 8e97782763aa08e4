import type { AppDefinition } from '../core/app.ts'
import type { Enqueuer } from '../enqueue/enqueuer.ts'
import type { Gatherer } from '../enqueue/gatherer.ts'
import type { Ports } from '../ports/index.ts'
import type { CertainLedger } from '../protocol/certain-ledger.ts'
import type { ResultPoller } from './result-poller.ts'

/** What an app's tasks, handles and inspections share. */
export interface Services {
  readonly app: AppDefinition
  readonly ports: Ports
  readonly ledger: CertainLedger
  readonly enqueuer: Enqueuer
  /** Single calls go through here. */
  readonly gatherer: Gatherer
  readonly poller: ResultPoller
}
