import { currentTask } from '../protocol/current-task.ts'

let users = 0
let others: NodeJS.UnhandledRejectionListener[] = []

/**
 * From now on, an unhandled rejection ends the attempt of the task whose code caused it, not the process or the next batch. Node keeps the
 * async context of the rejected promise. A rejection that belongs to no task goes to the earlier listeners.
 *
 * @returns a function that stops watching
 */
export function watchLeaks(): () => void {
  users += 1
  if (users === 1) {
    // The Lambda runtime's own listener ends the process, so it must not see rejections that belong to a task.
    others = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', attribute)
  }
  let isWatching = true
  return () => {
    if (!isWatching) return
    isWatching = false
    users -= 1
    if (users === 0) {
      process.removeListener('unhandledRejection', attribute)
      for (const listener of others) process.on('unhandledRejection', listener)
    }
  }
}

function attribute(reason: unknown, promise: Promise<unknown>): void {
  const task = currentTask.getStore()
  if (task !== undefined) {
    task.fail(reason)
    return
  }
  for (const listener of others) listener(reason, promise)
  if (others.length === 0) throw reason
}
