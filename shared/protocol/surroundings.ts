import type { AttemptDeps, AttemptOptions } from '../core/attempt.ts'
import type { TaskLogger } from '../core/context.ts'
import { errorText } from '../core/error-data.ts'
import type { Ports } from '../ports/index.ts'
import { currentTask } from './current-task.ts'

/**
 * The scope in which user code of one attempt runs: function, hooks, schema and middlewares.
 *
 * @param fail called with a rejection that nobody handled
 */
export function surroundingsOf(
  { id, root, traceparent }: Pick<AttemptOptions, 'id' | 'root' | 'traceparent'>,
  { clock }: Pick<Ports, 'clock'>,
  log: TaskLogger,
  fail: (error: unknown) => void,
): Omit<AttemptDeps, 'progress'> {
  return {
    now: () => clock.now(),
    timer: (delayMs, fire) => clock.timer(delayMs, fire),
    enter: (run) => currentTask.run({ id, root, traceparent, fail }, run),
    warn: (text, error) => log.warn(text, error === undefined ? undefined : { error: errorText(error) }),
  }
}

export function logLeak(log: TaskLogger, error: unknown, scrub: (text: string) => string): void {
  log.error('A promise of this task was rejected and nobody handled it.', { error: scrub(errorText(error)) })
}
