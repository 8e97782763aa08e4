import type { AppDefinition } from '../core/app.ts'
import type { TaskRecord } from '../core/record.ts'
import type { EnqueueOutcome } from '../enqueue/enqueue-outcome.ts'
import type { PreparedCall } from '../enqueue/prepared-call.ts'
import type { Clock, Due, OutgoingMessage, Random, Schedules, SendAnswer, Telemetry, Ticks } from '../ports/index.ts'
import type { CertainLedger } from '../protocol/certain-ledger.ts'

/** What releasing needs of the world. */
export interface SchedulePorts {
  readonly due: Due
  readonly schedules: Schedules
  readonly ticks: Ticks
  readonly records: {
    read(
      ids: readonly string[],
      options: { readonly consistent: boolean },
    ): Promise<readonly (TaskRecord | undefined)[]>
  }
  readonly inputs: {
    read(refs: readonly { readonly id: string; readonly ref: string }[]): Promise<readonly (string | undefined)[]>
  }
  readonly queues: { send(queue: string, messages: readonly OutgoingMessage[]): Promise<readonly SendAnswer[]> }
  readonly clock: Clock
  readonly random: Random
  readonly telemetry: Telemetry
}

export interface ScheduleDeps {
  readonly app: AppDefinition
  readonly ports: SchedulePorts
  readonly ledger: Pick<CertainLedger, 'change'>
  readonly enqueuer: { enqueue(calls: readonly PreparedCall[]): Promise<readonly EnqueueOutcome[]> }
}
