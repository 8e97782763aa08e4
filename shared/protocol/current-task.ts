import { AsyncLocalStorage } from 'node:async_hooks'

/** The task that the running code belongs to. */
export interface CurrentTask {
  readonly id: string
  readonly root: string
  readonly traceparent: string | undefined
  /** Ends the task's attempt with an uncaught error. */
  fail(error: unknown): void
}

/** Tells code below a call which task it belongs to. */
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
 * Replaces the scope. For the simulator, which knows whose code runs and runs millions of promises: AsyncLocalStorage makes each of them slower
 * on Node 20 (later versions keep the context without hooks).
 *
 * @returns a function that restores the earlier scope
 */
export function scopeTasksBy(scope: TaskScope): () => void {
  const before = currentTask
  currentTask = scope
  return () => {
    currentTask = before
  }
}
