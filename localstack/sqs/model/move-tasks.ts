import { type Context, queueOfArn, settle } from './context.ts'
import { invalidParameter, invalidValue, missingParameter, SqsError } from './errors.ts'
import { MAX_ACTIVE_MOVE_TASKS, MAX_LISTED_MOVE_TASKS, MAX_MOVE_RATE, MAX_MOVE_TASK_MS } from './limits.ts'
import { handleOf, type MoveTask, readHandle, recordOf, shown } from './move-task.ts'
import type { Queue } from './queue.ts'
import { sourcesOf } from './queues.ts'
import type { SqsRecord } from './record.ts'
import { accept } from './sending.ts'
import { FifoMessage, StoredMessage } from './stored-message.ts'
import type * as api from './types.ts'

// Interval and batch size without a rate. AWS documents only that the rate then depends on the backlog.
const FREE_INTERVAL_MS = 10
const FREE_PORTION = 1_000
// Longest interval between two steps of a task with a rate.
const PACE_MS = 100

const notFound = (parameter: string): SqsError =>
  new SqsError(
    'ResourceNotFoundException',
    `The resource that you specified for the ${parameter} parameter doesn't exist.`,
  )

/** Moves dead letters to their source queues or to another queue. Source: API_StartMessageMoveTask. */
export class MoveTasks {
  /** Oldest first. */
  private readonly tasks: MoveTask[] = []
  private readonly context: Context

  constructor(context: Context) {
    this.context = context
  }

  start(input: api.StartMessageMoveTaskRequest): api.StartMessageMoveTaskResult {
    const { SourceArn: sourceArn, DestinationArn: destinationArn, MaxNumberOfMessagesPerSecond: perSecond } = input
    if (sourceArn === undefined || sourceArn === '') throw missingParameter('SourceArn')
    const source = queueOfArn(this.context, sourceArn)
    if (source === undefined) throw notFound('SourceArn')
    if (perSecond !== undefined && !(Number.isInteger(perSecond) && perSecond >= 1 && perSecond <= MAX_MOVE_RATE)) {
      throw invalidValue(
        perSecond,
        'MaxNumberOfMessagesPerSecond',
        `Must be between 1 and ${MAX_MOVE_RATE}, if provided.`,
      )
    }
    if (sourcesOf(this.context, source).length === 0) {
      throw invalidParameter('Source queue must be configured as a Dead Letter Queue.')
    }
    if (destinationArn !== undefined) this.checkDestination(source, destinationArn)
    const running = this.tasks.filter((task) => task.status === 'RUNNING')
    if (running.some((task) => task.sourceArn === sourceArn)) {
      throw invalidParameter(
        'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
      )
    }
    if (running.length >= MAX_ACTIVE_MOVE_TASKS) {
      throw new SqsError('OverLimit', `At most ${MAX_ACTIVE_MOVE_TASKS} message move tasks can be active at a time.`)
    }
    const task: MoveTask = {
      id: this.context.ids(),
      status: 'RUNNING',
      sourceArn,
      destinationArn,
      perSecond,
      moved: 0,
      toMove: source.store.visible,
      failure: undefined,
      startedAt: this.context.clock.now(),
      cancelTimer: undefined,
    }
    this.keep(task)
    this.context.emit(recordOf(task))
    this.schedule(task)
    return { TaskHandle: handleOf(task) }
  }

  list(input: api.ListMessageMoveTasksRequest): api.ListMessageMoveTasksResult {
    const { SourceArn: sourceArn, MaxResults: max = 1 } = input
    if (sourceArn === undefined || sourceArn === '') throw missingParameter('SourceArn')
    if (!(Number.isInteger(max) && max >= 1 && max <= MAX_LISTED_MOVE_TASKS)) {
      throw invalidValue(max, 'MaxResults', `Must be between 1 and ${MAX_LISTED_MOVE_TASKS}, if provided.`)
    }
    if (queueOfArn(this.context, sourceArn) === undefined) throw notFound('SourceArn')
    const latest = this.tasks.filter((task) => task.sourceArn === sourceArn).reverse()
    return { Results: latest.slice(0, max).map(shown) }
  }

  cancel(input: api.CancelMessageMoveTaskRequest): api.CancelMessageMoveTaskResult {
    if (input.TaskHandle === undefined || input.TaskHandle === '') throw missingParameter('TaskHandle')
    const { taskId, sourceArn } = readHandle(input.TaskHandle)
    if (queueOfArn(this.context, sourceArn) === undefined) throw notFound('SourceArn')
    const task = this.tasks.find((one) => one.id === taskId && one.sourceArn === sourceArn)
    if (task === undefined) throw new SqsError('ResourceNotFoundException', 'Task does not exist.')
    if (task.status !== 'RUNNING') {
      throw new SqsError('UnsupportedOperation', `Only a running task can be cancelled; this one is ${task.status}.`)
    }
    this.end(task, 'CANCELLED')
    return { ApproximateNumberOfMessagesMoved: task.moved }
  }

  *records(): Generator<SqsRecord> {
    for (const task of this.tasks) yield recordOf(task)
  }

  /** Restores a task from a record. A running task continues. */
  restore(record: Extract<SqsRecord, { t: 'task' }>): void {
    const { id, status, sourceArn, destinationArn, perSecond, moved, toMove, failure, startedAt } = record
    const known = this.tasks.find((task) => task.id === id)
    const state = { status, moved, failure }
    if (known !== undefined) Object.assign(known, state)
    else this.keep({ id, sourceArn, destinationArn, perSecond, toMove, startedAt, cancelTimer: undefined, ...state })
  }

  resume(): void {
    for (const task of this.tasks) if (task.status === 'RUNNING') this.schedule(task)
  }

  close(): void {
    for (const task of this.tasks) task.cancelTimer?.()
  }

  private checkDestination(source: Queue, destinationArn: string): void {
    const destination = queueOfArn(this.context, destinationArn)
    if (destination === undefined) throw notFound('DestinationArn')
    if (destination === source) throw invalidParameter('Source queue arn and destination queue arn cannot be the same.')
    if (destination.fifo !== source.fifo) {
      throw invalidParameter('Source queue and destination queue must be of the same type (standard or FIFO).')
    }
  }

  /** Keeps only as many tasks per source as can be listed. */
  private keep(task: MoveTask): void {
    this.tasks.push(task)
    const same = this.tasks.filter((one) => one.sourceArn === task.sourceArn)
    const excess = same[0]
    if (same.length > MAX_LISTED_MOVE_TASKS && excess !== undefined) this.tasks.splice(this.tasks.indexOf(excess), 1)
  }

  private schedule(task: MoveTask): void {
    const { perSecond } = task
    const delay = perSecond === undefined ? FREE_INTERVAL_MS : Math.max(PACE_MS, Math.ceil(1000 / perSecond))
    task.cancelTimer = this.context.clock.setTimer(delay, () => {
      task.cancelTimer = undefined
      this.step(task)
    })
  }

  private step(task: MoveTask): void {
    const { clock } = this.context
    const source = queueOfArn(this.context, task.sourceArn)
    if (source === undefined) {
      this.end(task, 'FAILED', 'AWS.SimpleQueueService.NonExistentQueue')
      return
    }
    const elapsed = clock.now() - task.startedAt
    const due = task.perSecond === undefined ? FREE_PORTION : Math.floor((elapsed * task.perSecond) / 1000) - task.moved
    // After a long pause, a task with a rate catches up at most one second's worth of messages at a time.
    const portion = Math.min(due, task.perSecond ?? FREE_PORTION)
    let failure: string | undefined
    if (portion > 0) {
      source.store.take(portion, (message) => {
        failure ??= this.move(source, message, task)
        return true
      })
    }
    if (failure !== undefined) this.end(task, 'FAILED', failure)
    else if (source.store.visible === 0) this.end(task, 'COMPLETED')
    else if (elapsed >= MAX_MOVE_TASK_MS) this.end(task, 'FAILED', 'The task ran for 36 hours, the longest it may.')
    else {
      this.context.emit(recordOf(task))
      this.schedule(task)
    }
  }

  /**
   * Moves one message, or returns the reason for a failure. The message arrives as a new one: new id, new send time,
   * receive count 0.
   * Source: Developer Guide, "Learn how to configure a dead-letter queue redrive".
   */
  private move(source: Queue, message: StoredMessage, task: MoveTask): string | undefined {
    const arn = task.destinationArn ?? message.extra?.deadLetterSourceArn
    if (arn === undefined) return 'CouldNotDetermineMessageSource'
    const destination = queueOfArn(this.context, arn)
    if (destination === undefined) return 'AWS.SimpleQueueService.NonExistentQueue'
    const { body, group } = message
    const extra = message.extra && { ...message.extra, deadLetterSourceArn: undefined }
    const now = this.context.clock.now()
    const id = this.context.ids()
    const copy = destination.fifo
      ? new FifoMessage(id, body, now, group ?? '', dedupIdOf(message), ++destination.sequence, extra)
      : new StoredMessage(id, body, now, group, extra)
    source.store.remove(message)
    if (this.context.recording) this.context.emit({ t: 'gone', queue: source.name, ids: [message.id] })
    accept(this.context, destination, copy, 0, now)
    task.moved += 1
    settle(this.context, destination)
    return undefined
  }

  private end(task: MoveTask, status: api.MoveTaskStatus, failure?: string): void {
    task.cancelTimer?.()
    task.cancelTimer = undefined
    task.status = status
    task.failure = failure
    this.context.emit(recordOf(task))
  }
}

const dedupIdOf = (message: StoredMessage): string => (message instanceof FifoMessage ? message.dedupId : message.id)
