import { createAwsPorts } from './aws/ports.ts'
import { type App, buildApp } from './client/app.ts'
import type { AppOptions } from './core/app.ts'
import { readLogLevel } from './core/environment.ts'
import { consoleTelemetry, systemClock, systemRandom } from './system/index.ts'

/**
 * Makes an app: queues now, tasks as they are defined. Nothing is connected before the first use.
 *
 * @example
 * export const app = createApp({ name: 'shop', queues: { emails: { concurrency: 100 }, video: { timeout: '15m', batchSize: 1 } } })
 *
 * @throws {DefinitionError} naming the option, what was expected and what came
 */
export function createApp<const QueueName extends string>(options: AppOptions<QueueName>): App<QueueName> {
  return buildApp(options, {
    clock: systemClock,
    random: systemRandom,
    telemetry: consoleTelemetry({ level: readLogLevel(process.env) }),
    variables: process.env,
    // A static import: what is imported on demand is bundled whole. Clients are made at the first use.
    connectAws: async (target) => createAwsPorts(target),
  })
}

// Define
export type { App } from './client/app.ts'
// Results
export type { AsyncResult, GetOptions } from './client/async-result.ts'
// Enqueue
export type { BulkEnqueue, BulkProgress, BulkReport } from './client/bulk-enqueue.ts'
export type { BulkEntry, BulkFailure } from './client/bulk-entry.ts'
// Connect
export type { AwsTarget } from './client/connection.ts'
// Operate
export type { DeadLetterInfo, DeadLettersQuery } from './client/dead-letters.ts'
export type { FailuresPage, FailuresQuery, Inspect, QueueReport, QueuesQuery } from './client/inspect.ts'
export type { LocalResult } from './client/local-run.ts'
export type { Redriven, RedriveOptions, RedriveReport } from './client/redrive.ts'
export type { AttemptInfo, TaskInfo } from './client/task-info.ts'
export type { TaskError } from './client/task-result.ts'
export type { BulkCall, Contract, DelayManyOptions, Task, TaskCalls } from './client/task-types.ts'
export type { AppDefinition, AppOptions } from './core/app.ts'
export type { ContextRetryOptions, LazyTaskFunction, TaskContext, TaskFunction, TaskLogger } from './core/context.ts'
export type { Duration } from './core/duration.ts'
export type { Environment } from './core/environment.ts'
// Thrown by tasks
// Errors
export {
  CeleriacError,
  DefinitionError,
  EncodeError,
  EnqueueError,
  GetInsideTaskError,
  IdempotencyConflictError,
  IgnoreError,
  InputError,
  type InputIssue,
  InputTooLargeError,
  LedgerUnavailableError,
  MaxRetriesExceededError,
  RejectError,
  RemoteError,
  ResultGoneError,
  ResultTimeoutError,
  ResultTooLargeError,
  SoftTimeLimitExceededError,
  SupersededError,
  TableAccessError,
  TaskExpiredError,
  TaskFailedError,
  TaskNotFoundError,
  TaskRevokedError,
  TimeLimitExceededError,
  UnknownQueueError,
  UnknownTaskError,
  WorkerLostError,
} from './core/errors.ts'
export type { CannotBeSent, Encodable } from './core/json.ts'
export type { QueueOptions } from './core/queue.ts'
export type { ErrorData } from './core/record.ts'
export type { ErrorMatcher, RetryOptions } from './core/retry.ts'
export type { TaskState, VisibleState } from './core/states.ts'
export type { LedgerMode, TaskDefaults, TaskDefinition, TaskHooks, TaskOptions } from './core/task.ts'
export type { CallOptions } from './enqueue/call-options.ts'
export type { Ports } from './ports/index.ts'
export type { LogLevel, TaskEvent, Telemetry } from './ports/telemetry.ts'
export type { ReconcileOptions, ReconcileReport } from './protocol/reconcile.ts'
export { type ConsoleTelemetryOptions, consoleTelemetry } from './system/index.ts'
