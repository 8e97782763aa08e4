import { callFunction } from '../core/attempt.ts'
import type { TaskContext } from '../core/context.ts'
import type { TaskDefinition } from '../core/task.ts'
import type { VirtualClock } from '../memory/virtual-clock.ts'

/** What a test has in mind for one run. `after`: its code has run, and nothing of it is settled. */
export type CrashPoint = 'before' | 'after'

export interface HeldTasksOptions {
  readonly clock: VirtualClock
  /** Of real time; then virtual time goes on around a task that waits for it: its own time limit, say. */
  readonly patienceMs: number
  /** Asked when a task begins to run. */
  crashOf(task: string): CrashPoint | undefined
  /** Ends the process it is called from. */
  crash(): void
}

type Run = (input: unknown, context: TaskContext) => unknown

/**
 * Tasks with functions during which virtual time stands still, so that a task may read a file or load a module without its limits passing, and which
 * end their process when the test wants it.
 */
export function holdTasks(tasks: ReadonlyMap<string, TaskDefinition>, options: HeldTasksOptions) {
  return new Map([...tasks].map(([name, task]) => [name, task.run === undefined ? task : held(task, options)]))
}

function held(task: TaskDefinition, { clock, patienceMs, crashOf, crash }: HeldTasksOptions): TaskDefinition {
  const run: Run = async (input, context) => {
    const crashes = crashOf(task.name)
    if (crashes === 'before') return endOf(crash)
    const running = callFunction(task, input, context)
    void clock.hold(atMost(patienceMs, running))
    if (crashes === undefined) return running
    await running.catch(() => {})
    return endOf(crash)
  }
  return { ...task, run }
}

/** The process is gone: its code gets no further. */
function endOf(crash: () => void): Promise<never> {
  crash()
  return new Promise(() => {})
}

async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work.catch(() => {}), patience])
  clearTimeout(timer)
}
