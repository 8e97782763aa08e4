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
import { forgetTask, readRecord, rescheduleTask, revokeTask } from './record-actions.ts'
import type { Services } from './services.ts'
import { onAbort } from './shared-signals.ts'
import { describeRecords, type TaskInfo } from './task-info.ts'
import { type TaskError, taskResultOf } from './task-result.ts'

export interface GetOptions {
  /** Give up waiting after this; the task goes on. `null`: never. @default '5m' */
  readonly timeout?: Duration | null
  /** Give up waiting; rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** `false`: a task that failed, was revoked or expired gives its error as the value. @default true */
  readonly propagate?: boolean
  /** Waiting inside a task burns its time and can deadlock a queue, so it is refused unless this is `true`. @default false */
  readonly allowInsideTask?: boolean
}

/** What the enqueue knew about the handle's task. */
export interface HandleOptions {
  readonly deduplicated?: boolean
  /** The handle's opening starts here. Older openings of the id belong to other tasks. */
  readonly generation?: number
  /** Names the opening: later openings belong to other tasks, too. Undefined: the handle stands for the id's current task. */
  readonly opening?: Opening | undefined
  readonly ignoreResult?: boolean
  readonly ledgerOff?: boolean
}

/**
 * The handle of an enqueued task: its id, its state and its result. Cheap: it holds no connection, timer or listener unless `get()` is waiting.
 *
 * @example
 * const handle = await sendEmail.delay({ to: 'ada@example.com' })
 * const { messageId } = await handle.get({ timeout: '10s' })
 */
export class AsyncResult<Output = unknown> {
  readonly id: string
  /** The enqueue found its task already enqueued. Undefined when the handle was made from an id. */
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
   * @returns the result; undefined when the task was ignored or stores none
   * @throws {TaskFailedError} with the recorded error as `cause`
   * @throws {TaskRevokedError} revoked, or (TaskExpiredError) not started before `expires`
   * @throws {ResultTimeoutError} the task was still open after `timeout`
   * @throws {ResultGoneError} it ended, but its result is no longer kept
   * @throws {SupersededError} its key or task id was used again: the record belongs to a later task. All methods of the handle throw it
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
    const result = taskResultOf(record, this.#services.ports.clock.now())
    switch (result?.kind) {
      case 'value':
        return result.value as Output
      case 'error':
        if (options.propagate === false) return result.error
        throw result.error
      case 'gone':
        throw result.error
      case undefined:
        throw new Error(`Task ${this.id} was reported as ended in state ${record.state}: a bug in Celeriac.`)
      default:
        return result satisfies never
    }
  }

  /** @throws {TaskNotFoundError} no task has this id */
  async state(): Promise<VisibleState> {
    this.#needsRecord('state()')
    const record = await this.#read()
    return visibleState(record.state, record.availableAt, this.#services.ports.clock.now())
  }

  /** The task has ended, in any final state. */
  async ready(): Promise<boolean> {
    return isTerminal(await this.state())
  }

  async successful(): Promise<boolean> {
    return (await this.state()) === 'SUCCESS'
  }

  /** The task ended in FAILURE. Revoked and expired tasks do not count as failed. */
  async failed(): Promise<boolean> {
    return (await this.state()) === 'FAILURE'
  }

  /** Everything that is known about the task. @throws {TaskNotFoundError} */
  async info(): Promise<TaskInfo> {
    this.#needsRecord('info()')
    const { app, ports } = this.#services
    const record = await this.#read()
    const [info] = await describeRecords([record], app, ports.inputs, ports.clock.now())
    return info as TaskInfo
  }

  /**
   * Revokes the task. A waiting task never runs; a running one gets its `ctx.signal` aborted within seconds; an ended one stays as it is.
   *
   * @returns the task's state afterwards: REVOKED, STARTED (asked to stop), or the state in which it had ended
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
      // Reads may lag behind: the end of an older opening is not the end of this task.
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

  /** After a redrive it is still the same task. After its key was used again it is another task. */
  #checkOpening(record: TaskRecord): void {
    const mine = this.#opening
    if (mine === undefined || record.keyUntil === undefined || record.keyUntil === mine.keyUntil) return
    // Reads may lag behind and show an older opening. After a record has expired, its id starts again at generation 0.
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
