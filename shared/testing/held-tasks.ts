import type { AppDefinition } from '../core/app.ts'
import type { TaskDefinition } from '../core/task.ts'
import type { VirtualClock } from '../memory/virtual-clock.ts'

/**
 * The app with functions during which virtual time stands still, so that a task may read a file or load a module without its limits passing.
 * After `patienceMs` of real time the clock goes on all the same: a task that waits for its own time limit gets it.
 */
export function holdTasks(app: AppDefinition, clock: VirtualClock, patienceMs: number): AppDefinition {
  return {
    ...app,
    // Contracts may be implemented after the test app was made: read at each look.
    get tasks() {
      return new Map([...app.tasks].map(([name, task]) => [name, { ...task, run: held(task.run, clock, patienceMs) }]))
    },
  }
}

function held(run: TaskDefinition['run'], clock: VirtualClock, patienceMs: number): TaskDefinition['run'] {
  if (run === undefined) return undefined
  const original = run as (...all: readonly unknown[]) => unknown
  const hold = (result: unknown): unknown => {
    if (!(result instanceof Promise)) return result
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patienceMs)
    })
    const settled = result.then(
      () => {},
      () => {},
    )
    void clock.hold(Promise.race([settled, patience]).finally(() => clearTimeout(timer)))
    return result
  }
  // A function without parameters may be a lazy module: it must keep having none.
  return original.length === 0
    ? (...all: unknown[]) => hold(original(...all))
    : (input, context) => hold(original(input, context))
}
