import { AsyncLocalStorage } from 'node:async_hooks'

/** The task that the running code belongs to. */
export interface CurrentTask {
  readonly id: string
  readonly root: string
  readonly traceparent: string | undefined
  /** Ends its attempt with an error that nobody caught. */
  fail(error: unknown): void
}

/** Lets code below a call tell whose it is. */
export interface TaskScope {
  run<Value>(task: CurrentTask, work: () => Value): Value
  getStore(): CurrentTask | undefined
}

/**
 * Set by the worker around a task's code. The client reads it: an enqueue inside a task gets its parent from here, and waiting for a
 * result inside a task is refused.
 */
export let currentTask: TaskScope = new AsyncLocalStorage<CurrentTask>()

/**
 * Another scope from now on: for a world that knows whose code runs, and plays millions of promises, each of which AsyncLocalStorage makes dearer
 * on Node 20 (later versions keep the context without hooks).
 *
 * @returns puts the one before back
 */
export function scopeTasksBy(scope: TaskScope): () => void {
  const before = currentTask
  currentTask = scope
  return () => {
    currentTask = before
  }
}
