import { CeleriacError } from './celeriac-error.ts'
import { RemoteError } from './remote-error.ts'
import { counted } from './words.ts'

export { ResultGoneError, ResultTimeoutError, SupersededError, TaskNotFoundError } from './handle-errors.ts'
export { CeleriacError, RemoteError }

/** The definition of an app, queue or task is invalid. Thrown at definition. */
export class DefinitionError extends CeleriacError {
  static override readonly brand: string = 'DefinitionError'
  constructor(message: string, options?: { cause?: unknown }) {
    super('definition', message, options)
  }
}

/** One problem that a schema found. */
export interface InputIssue {
  readonly message: string
  /** `user.email`, empty for the input as a whole. */
  readonly path: string
}

/** The input was refused by the task's schema, or cannot be sent (EncodeError). Nothing was sent. */
export class InputError extends CeleriacError {
  static override readonly brand: string = 'InputError'
  readonly task: string
  readonly issues: readonly InputIssue[]
  constructor(
    task: string,
    issues: readonly InputIssue[],
    other?: { readonly code: string; readonly message: string },
  ) {
    const listed = issues.map((issue) => (issue.path === '' ? issue.message : `${issue.path}: ${issue.message}`))
    super(
      other?.code ?? 'input',
      other?.message ?? `The input of task '${task}' does not match its schema: ${listed.join('; ')}.`,
    )
    this.task = task
    this.issues = issues
  }
}

/**
 * A value cannot be sent: it has no JSON form (a function, a symbol, a cycle), or a worker would receive another type (a URL, an instance of a class).
 * An input is refused before anything is sent. A result that cannot be encoded fails its task.
 */
export class EncodeError extends InputError {
  static override readonly brand: string = 'EncodeError'
  /** The path within the value: `items[3].callback`. */
  readonly path: string
  constructor(path: string, what: string, advice = encodable) {
    super('', [{ path, message: what }], {
      code: 'encode',
      message: `${path === '' ? 'The value' : `The value at '${path}'`} cannot be encoded: ${what}. ${advice}`,
    })
    this.path = path
  }
}

const encodable = 'Use JSON values, Date, BigInt, Map, Set, Uint8Array, or an object with toJSON().'

/** The encoded input is larger than a message may carry. */
export class InputTooLargeError extends CeleriacError {
  static override readonly brand: string = 'InputTooLargeError'
  readonly bytes: number
  readonly limit: number
  constructor(task: string, bytes: number, limit: number) {
    super(
      'input-too-large',
      `The input of task '${task}' is ${bytes} bytes when encoded, the limit is ${limit} bytes. Store the payload elsewhere (S3, a table) and pass a reference to it.`,
    )
    this.bytes = bytes
    this.limit = limit
  }
}

/** The result of a task is larger than a record may hold. */
export class ResultTooLargeError extends CeleriacError {
  static override readonly brand: string = 'ResultTooLargeError'
  constructor(task: string, bytes: number, limit: number) {
    super(
      'result-too-large',
      `The result of task '${task}' is ${bytes} bytes when encoded, the limit is ${limit} bytes. Store it elsewhere and return a reference to it.`,
    )
  }
}

/** The same idempotency key (or task id) was used with another input while the first task is open or succeeded. */
export class IdempotencyConflictError extends CeleriacError {
  static override readonly brand: string = 'IdempotencyConflictError'
  readonly id: string
  constructor(task: string, id: string) {
    super(
      'idempotency-conflict',
      `Task '${task}' was already enqueued with this key as ${id}, with another input. Use another key, or wait for the key's time to live.`,
    )
    this.id = id
  }
}

/**
 * The enqueue failed, or its outcome is unknown.
 *
 * `maybeSent`: the message may have been sent. `mayRun`: the task may still run, because its record could not be withdrawn, an earlier enqueue
 * with its key may have sent it, or it has no record. Otherwise it will not run: workers acknowledge a sent message without running it.
 */
export class EnqueueError extends CeleriacError {
  static override readonly brand: string = 'EnqueueError'
  readonly id: string
  readonly maybeSent: boolean
  readonly mayRun: boolean
  constructor(task: string, id: string, maybeSent: boolean, options: { cause?: unknown; mayRun?: boolean } = {}) {
    const { cause, mayRun = false } = options
    const why = cause instanceof Error ? ` (${cause.message || cause.name})` : ''
    const next = mayRun
      ? 'It may run all the same; enqueue it again with the same key or task id to be sure.'
      : 'It will not run; enqueue it again.'
    super('enqueue', `Task '${task}' (${id}) could not be enqueued${why}. ${next}`, { cause })
    this.id = id
    this.maybeSent = maybeSent
    this.mayRun = mayRun
  }
}

/** The broker has no queue of this name: not deployed, or another prefix or region. */
export class UnknownQueueError extends CeleriacError {
  static override readonly brand: string = 'UnknownQueueError'
  constructor(queue: string, name: string, options?: { cause?: unknown }) {
    super(
      'unknown-queue',
      `Queue '${queue}' does not exist: expected an SQS queue named '${name}'. Deploy the app, or check its stage, CELERIAC_PREFIX and the region.`,
      options,
    )
  }
}

/** The table refuses every request: not deployed, or credentials, rights or region are wrong. Trying again does not help. */
export class TableAccessError extends CeleriacError {
  static override readonly brand: string = 'TableAccessError'
  readonly table: string
  constructor(table: string, endpoint: string, problem: string, options?: { cause?: unknown }) {
    super('table-access', `The table '${table}' at ${endpoint} cannot be used: ${problem}`, options)
    this.table = table
  }
}

/** The task ended in FAILURE. `cause` is the last recorded error. */
export class TaskFailedError extends CeleriacError {
  static override readonly brand: string = 'TaskFailedError'
  readonly id: string
  readonly task: string
  /** Counted attempts. */
  readonly attempts: number
  constructor(id: string, task: string, attempts: number, cause: RemoteError) {
    super(
      'task-failed',
      `Task '${task}' (${id}) failed after ${counted(attempts, 'attempt')}: ${cause.name}: ${cause.message}`,
      { cause },
    )
    this.id = id
    this.task = task
    this.attempts = attempts
  }
}

/** The task was revoked: it never ran, or was stopped. */
export class TaskRevokedError extends CeleriacError {
  static override readonly brand: string = 'TaskRevokedError'
  readonly id: string
  constructor(id: string, message = `Task ${id} was revoked.`, code = 'task-revoked') {
    super(code, message)
    this.id = id
  }
}

/** The task was not started before its `expires`. A kind of TaskRevokedError, as in Celery. */
export class TaskExpiredError extends TaskRevokedError {
  static override readonly brand: string = 'TaskExpiredError'
  constructor(id: string) {
    super(id, `Task ${id} expired before a worker could start it.`, 'task-expired')
  }
}

/** The worker's process died (or was killed at its time-out) while it ran this task alone. */
export class WorkerLostError extends CeleriacError {
  static override readonly brand: string = 'WorkerLostError'
  /** @param inCompany the process ran other tasks too: any of them may be the cause, and the attempt does not count */
  constructor(id: string, attempts: number, inCompany = false) {
    super(
      'worker-lost',
      inCompany
        ? `The worker running task ${id} died while it ran other tasks, too. Any of them may have been the cause: this attempt does not count.`
        : `The worker running task ${id} died ${attempts === 1 ? 'once' : `${attempts} times in a row`} while it ran nothing else: it exited, ran out of memory, blocked the event loop, or was killed at its time-out.`,
    )
  }
}

/** The soft time limit passed; `ctx.signal` was aborted with this. */
export class SoftTimeLimitExceededError extends CeleriacError {
  static override readonly brand: string = 'SoftTimeLimitExceededError'
  constructor(limitMs: number) {
    super('soft-time-limit', `The soft time limit of ${limitMs} ms was exceeded.`)
  }
}

/** The hard time limit passed; the attempt was ended. Code that ignores `ctx.signal` may go on computing but can no longer settle. */
export class TimeLimitExceededError extends CeleriacError {
  static override readonly brand: string = 'TimeLimitExceededError'
  constructor(limitMs: number) {
    super('time-limit', `The time limit of ${limitMs} ms was exceeded.`)
  }
}

/** `ctx.retry()` was called without an error of its own and no retries were left. */
export class MaxRetriesExceededError extends CeleriacError {
  static override readonly brand: string = 'MaxRetriesExceededError'
  constructor(task: string, id: string, maxRetries: number) {
    super('max-retries', `Task '${task}' (${id}) asked for another retry after ${maxRetries} of ${maxRetries}.`)
  }
}

/** No worker of this queue knows the task's name. */
export class UnknownTaskError extends CeleriacError {
  static override readonly brand: string = 'UnknownTaskError'
  constructor(task: string) {
    super(
      'unknown-task',
      `No task named '${task}' is registered in this worker. Deploy a worker that has it, or keep an alias for the old name while its messages are in flight.`,
    )
  }
}

/** Throw it to end the task in FAILURE and dead-letter it at once, or, with `requeue`, to hand it back without counting the attempt. */
export class RejectError extends CeleriacError {
  static override readonly brand: string = 'RejectError'
  readonly requeue: boolean
  constructor(reason = 'rejected by the task', options: { requeue?: boolean; cause?: unknown } = {}) {
    super('rejected', reason, options)
    this.requeue = options.requeue ?? false
  }
}

/** Throw it to end the task without a result: state IGNORED, `get()` returns undefined. */
export class IgnoreError extends CeleriacError {
  static override readonly brand: string = 'IgnoreError'
  constructor(reason = 'ignored by the task') {
    super('ignored', reason)
  }
}

/** `get()` inside a task is refused: it burns Lambda time and can deadlock a queue with limited concurrency. */
export class GetInsideTaskError extends CeleriacError {
  static override readonly brand: string = 'GetInsideTaskError'
  constructor() {
    super(
      'get-inside-task',
      'Waiting for a result inside a task is refused, since it can deadlock a queue. Return instead and let a follow-up task do the rest, or pass { allowInsideTask: true }.',
    )
  }
}

/** The table gave no clear answer within the time allowed. */
export class LedgerUnavailableError extends CeleriacError {
  static override readonly brand: string = 'LedgerUnavailableError'
  constructor(message: string, options?: { cause?: unknown }) {
    super('ledger-unavailable', message, options)
  }
}
