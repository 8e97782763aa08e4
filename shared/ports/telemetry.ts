import type { DeadLetterReason } from '../core/dead-letter-reason.ts'
import type { ErrorData } from '../core/record.ts'
import { port } from './port.ts'

/** What happens to tasks, for logs, live views and tests. Inputs and results are never part of it. */
export type TaskEvent = {
  readonly at: number
  readonly queue: string
  readonly task: string
  readonly id: string
} & (
  | { readonly type: 'queued'; readonly availableAt?: number; readonly deduplicated?: boolean }
  | { readonly type: 'started'; readonly attempt: number; readonly receiveCount: number }
  | { readonly type: 'succeeded'; readonly attempt: number; readonly runMs: number; readonly waitMs: number }
  | { readonly type: 'retried'; readonly attempt: number; readonly delayMs: number; readonly error: ErrorData }
  | { readonly type: 'failed'; readonly attempt: number; readonly error: ErrorData; readonly expected: boolean }
  | { readonly type: 'dead-lettered'; readonly reason: DeadLetterReason }
  | { readonly type: 'snoozed' | 'requeued'; readonly delayMs: number }
  | { readonly type: 'ignored' | 'revoked' | 'expired' | 'finished-again' | 'stale' | 'suspect' | 'handed-back' }
)

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Where logs and task events go. Must not throw and must not block. */
export interface Telemetry {
  event(event: TaskEvent): void
  log(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void
}

export const telemetryPort = port<Telemetry>()('telemetry', { event: 'local', log: 'local' })
