import { getTimeoutMs } from '../core/defaults.ts'
import { type Duration, toMs } from '../core/duration.ts'
import {
  CeleriacError,
  GetInsideTaskError,
  ResultTimeoutError,
  SupersededError,
  TaskNotFoundError,
} from '../core/errors.ts'
import { checkKeys } from '../core/options.ts'
import type { TaskRecord } from '../core/record.ts'
import { isTerminal, type VisibleState, visibleState } from '../core/states.ts'
import { availableAtOf } from '../enqueue/call-options.ts'
import type { Opening } from '../enqueue/enqueue-outcome.ts'
import { currentTask } from '../protocol/current-task.ts'
import { endingOf, type TaskError } from './ending.ts'
import { forgetTask, readRecord, rescheduleTask, revokeTask } from './record-actions.ts'
import type { Services } from './services.ts'
import { onAbort } from './shared-signals.ts'
import { describeRecords, type TaskInfo } from './task-info.ts'

export interface GetOptions {
  /** Give up waiting after this; the task goes on. `null`: never. @default '5m' */
  readonly timeout?: Duration | null
  /** Give up waiting; rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** `false`: a task that failed, was revoked or expired gives its error as the value. @default true */
  readonly propagate?: boolean
  /** Waiting inside a task burns its time and can deadlock a queue: refused unless you say so. @default false */
  readonly allowInsideTask?: boolean
}

/** What the enqueue knew of the task that a handle stands for. */
export interface HandleOptions {
  readonly deduplicated?: boolean
  /** Older openings of the id are not this task. */
  readonly generation?: number
  /** Later ones are not, either. Without it the handle stands for whatever the id stands for. */
  readonly opening?: Opening | undefined
  readonly ignoreResult?: boolean
  readonly ledgerOff?: boolean
}

/**
 * A task that was enqueued: its id, and all that can be asked about it. Cheap: it holds no connection, timer or listener unless `get()` is waiting.
 *
 * @example
 * const handle = await sendEmail.delay({ to: 'ada@example.com' })
 * const { messageId } = await handle.get({ timeout: '10s' })
 */
export class AsyncResult<Output = unknown> {
  readonly id: string
  /** The enqueue joined a task that was there already. Undefined when the handle was made from an id. */
  readonly deduplicated: boolean | undefined
  /** No result is stored: `get()` gives undefined at once. */
  readonly ignored: boolean
  readonly #services: Services
  readonly #generation: number
  readonly #opening: Opening | undefined
  readonly #ledgerOff: boolean

  constructor(id: string, services: Services, facts: HandleOptions = {}) {
    this.id = id
    this.deduplicated = facts.deduplicated
    this.ignored = facts.ignoreResult ?? false
    this.#services = services
    this.#generation = facts.opening?.generation ?? facts.generation ?? 0
    this.#opening = facts.opening
    this.#ledgerOff = facts.ledgerOff ?? false
  }

  /**
   * Waits for the task's end.
   *
   * @returns its result; undefined when it was ignored or stores none
   * @throws {TaskFailedError} with the recorded error as `cause`
   * @throws {TaskRevokedError} revoked, or (TaskExpiredError) not started before `expires`
   * @throws {ResultTimeoutError} still open when `timeout` had passed
   * @throws {ResultGoneError} it ended, but its result is no longer kept
   * @throws {SupersededError} its key or task id was used again since: the record is a later task's. All methods of the handle say so
   * @throws {TaskNotFoundError} no task has this id
   */
  get(options: GetOptions & { readonly propagate: false }): Promise<Output | TaskError>
  get(options?: GetOptions): Promise<Output>
  async get(options: GetOptions = {}): Promise<Output | TaskError> {
    checkKeys('get', options, ['timeout', 'signal', 'propagate', 'allowInsideTask'])
    if (currentTask.getStore() !== undefined && options.allowInsideTask !== true) throw new GetInsideTaskError()
    if (this.ignored) return undefined as Output
    this.#needsRecord('get()')
    const record = await this.#untilEnded(options)
    const ending = endingOf(record, this.#services.ports.clock.now())
    switch (ending?.kind) {
      case 'value':
        return ending.value as Output
      case 'error':
        if (options.propagate === false) return ending.error
        throw ending.error
      case 'gone':
        throw ending.error
      case undefined:
        throw new Error(`Task ${this.id} was reported as ended in state ${record.state}: a bug in Celeriac.`)
      default:
        return ending satisfies never
    }
  }

  /** @throws {TaskNotFoundError} no task has this id */
  async state(): Promise<VisibleState> {
    this.#needsRecord('state()')
    const record = await this.#read()
    return visibleState(record.state, record.availableAt, this.#services.ports.clock.now())
  }

  /** It has ended, in whatever state. */
  async ready(): Promise<boolean> {
    return isTerminal(await this.state())
  }

  async successful(): Promise<boolean> {
    return (await this.state()) === 'SUCCESS'
  }

  /** It ended in FAILURE; being revoked or expired is no failure. */
  async failed(): Promise<boolean> {
    return (await this.state()) === 'FAILURE'
  }

  /** All that is known of the task. @throws {TaskNotFoundError} */
  async info(): Promise<TaskInfo> {
    this.#needsRecord('info()')
    const { app, ports } = this.#services
    const record = await this.#read()
    const [info] = await describeRecords([record], app, ports.inputs, ports.clock.now())
    return info as TaskInfo
  }

  /**
   * A task that does not run never will; a running one has its `ctx.signal` aborted within seconds. One that has ended stays as it is.
   *
   * @returns the state it left the task in: REVOKED, STARTED (asked to stop), or how it had ended
   */
  async revoke(): Promise<VisibleState> {
    this.#needsRecord('revoke()')
    return revokeTask(this.#services, this.id, (record) => this.#checkOpening(record))
  }

  /**
   * Gives a task that waits another time: one that was enqueued with a delay, or waits for its retry. A time that has passed: at once.
   *
   * @example
   * await handle.reschedule({ countdown: '5m' })
   *
   * @throws {CeleriacError} code `task-not-waiting`: it runs, or has ended
   */
  async reschedule(to: { readonly eta: Date } | { readonly countdown: Duration }): Promise<void> {
    this.#needsRecord('reschedule()')
    const { app, ports } = this.#services
    return rescheduleTask(this.#services, this.id, availableAtOf('reschedule', to, ports.clock.now(), app.parks))
  }

  /** Removes input, result and error of a task that has ended. Its id and key stay known. */
  async forget(): Promise<void> {
    this.#needsRecord('forget()')
    return forgetTask(this.#services, this.id, (record) => this.#checkOpening(record))
  }

  async #untilEnded({ timeout, signal }: GetOptions): Promise<TaskRecord> {
    const { clock } = this.#services.ports
    const timeoutMs =
      timeout === null ? undefined : timeout === undefined ? getTimeoutMs : toMs(timeout, 'get: timeout')
    let seen: TaskRecord | undefined
    const isDone = (record: TaskRecord | undefined): boolean => {
      seen = record
      if (record === undefined) return true
      this.#checkOpening(record)
      // What is read may lag behind: an older opening is not this task's end.
      return isTerminal(record.state) && record.generation >= this.#generation
    }
    const timedOut = (): ResultTimeoutError => {
      const state = seen === undefined ? 'unread' : visibleState(seen.state, seen.availableAt, clock.now())
      return new ResultTimeoutError(this.id, timeoutMs ?? 0, state)
    }
    if (timeoutMs !== undefined && timeoutMs <= 0) {
      if (!isDone(await this.#read())) throw timedOut()
      return seen as unknown as TaskRecord
    }
    const stop = new AbortController()
    const release = signal === undefined ? () => {} : onAbort(signal, () => stop.abort(signal.reason))
    const cancel = timeoutMs === undefined ? () => {} : clock.timer(timeoutMs, () => stop.abort(timedOut()))
    try {
      const record = await this.#services.poller.wait(this.id, isDone, stop.signal)
      if (record === undefined) throw new TaskNotFoundError(this.id)
      return record
    } finally {
      cancel()
      release()
    }
  }

  async #read(): Promise<TaskRecord> {
    const record = await readRecord(this.#services, this.id)
    this.#checkOpening(record)
    return record
  }

  /** A redrive of the task's dead letter is the task still; using its key again is not. */
  #checkOpening(record: TaskRecord): void {
    const mine = this.#opening
    if (mine === undefined || record.keyUntil === undefined || record.keyUntil === mine.keyUntil) return
    // What is read may lag behind, and be of an older opening. A record that had expired begins anew at generation 0.
    if (record.generation > mine.generation || record.enqueuedAt > mine.enqueuedAt) throw new SupersededError(this.id)
  }

  #needsRecord(method: string): void {
    if (this.#ledgerOff) {
      throw new CeleriacError(
        'ledger-off',
        `${method} needs a record, and task ${this.id} has none: its ledger is 'off'. Use ledger 'full' to ask about tasks.`,
      )
    }
  }
}
