import { AsyncLocalStorage } from 'node:async_hooks'

/** The task that the running code belongs to. */
export interface CurrentTask {
  readonly id: string
  readonly root: string
  readonly traceparent: string | undefined
  /** Ends its attempt with an error that nobody caught. */
  fail(error: unknown): void
}

/**
 * Set by the worker around a task's function. The client reads it: an enqueue inside a task gets its parent from here, and waiting for a
 * result inside a task is refused.
 */
export const currentTask = new AsyncLocalStorage<CurrentTask>()
