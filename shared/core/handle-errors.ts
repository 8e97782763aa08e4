import { CeleriacError } from './celeriac-error.ts'

/** No record has this id: never enqueued, or longer ago than records live. */
export class TaskNotFoundError extends CeleriacError {
  static override readonly brand: string = 'TaskNotFoundError'
  readonly id: string
  constructor(id: string) {
    super(
      'task-not-found',
      `There is no task with id '${id}'. It was never enqueued with a record, or its record has expired.`,
    )
    this.id = id
  }
}

/**
 * The handle's task is over, and its id was opened anew since: its key or task id was used again. What is kept is the later task's.
 */
export class SupersededError extends CeleriacError {
  static override readonly brand: string = 'SupersededError'
  readonly id: string
  constructor(id: string) {
    super(
      'superseded',
      `Task ${id} was enqueued again with the same key or task id since this handle was made. What is kept is the later task's: use the handle of the later enqueue, or app.result('${id}') for the latest.`,
    )
    this.id = id
  }
}

/** `get()` gave up waiting. The task goes on. */
export class ResultTimeoutError extends CeleriacError {
  static override readonly brand: string = 'ResultTimeoutError'
  readonly id: string
  constructor(id: string, timeoutMs: number, state: string) {
    super(
      'result-timeout',
      `Task ${id} was still ${state} after ${timeoutMs} ms. It goes on; call get() again to wait longer.`,
    )
    this.id = id
  }
}

/** The task ended, but what it returned or threw is no longer kept: its `resultTtl` has passed, or it was forgotten. */
export class ResultGoneError extends CeleriacError {
  static override readonly brand: string = 'ResultGoneError'
  readonly id: string
  readonly state: string
  constructor(id: string, state: string, why: 'expired' | 'forgotten') {
    super(
      'result-gone',
      `Task ${id} ended in ${state}, but its result is no longer kept: ${why === 'forgotten' ? 'it was forgotten' : 'its resultTtl has passed'}.`,
    )
    this.id = id
    this.state = state
  }
}
