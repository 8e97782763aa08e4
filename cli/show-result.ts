import type { AsyncResult, Duration } from '../shared/index.ts'
import { CliError, codeOf } from './failure.ts'
import { jsonOf, type Output } from './output.ts'

export interface ShowOptions {
  /** How long to wait; `true`: the default of `get()`; undefined: do not wait. */
  readonly wait: Duration | true | undefined
  /** More facts for --json. */
  readonly facts?: Readonly<Record<string, unknown>>
}

/**
 * Prints a task's result.
 *
 * @throws what `get()` throws: the task failed, was revoked, is not known, or has not ended
 */
export async function showResult(
  handle: AsyncResult<unknown>,
  output: Output,
  { wait, facts = {} }: ShowOptions,
): Promise<void> {
  try {
    const result = await handle.get(wait === true ? {} : { timeout: wait ?? 0 })
    if (!output.json) output.value(result)
    else output.line(JSON.stringify({ id: handle.id, ...facts, state: await handle.state(), result: jsonOf(result) }))
  } catch (error) {
    const code = codeOf(error)
    if (output.json && error instanceof Error && code !== undefined && telling.has(code)) {
      const data = { code, message: error.message }
      output.line(JSON.stringify({ id: handle.id, ...facts, state: await handle.state(), error: data }))
    }
    if (code === 'result-timeout') {
      const state = await handle.state()
      throw new CliError(
        wait === undefined
          ? `Task ${handle.id} is ${state}: it has no result yet. Add --wait to wait for it.`
          : `Task ${handle.id} is still ${state}. It goes on: 'celeriac result ${handle.id} --wait' waits longer.`,
      )
    }
    throw error
  }
}

/** Errors that describe the task's state. */
const telling: ReadonlySet<string> = new Set([
  'task-failed',
  'task-revoked',
  'task-expired',
  'result-timeout',
  'result-gone',
])
