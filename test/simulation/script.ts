import type { TaskContext } from '../../shared/core/context.ts'
import { IgnoreError, RejectError } from '../../shared/core/errors.ts'
import type { SimulatedProcess } from '../../shared/testing/simulated-process.ts'

/** What one run of a task does. */
export type Action =
  | { readonly do: 'return' }
  | { readonly do: 'throw' }
  /** An error that its task declared with `throws`. */
  | { readonly do: 'throw-expected' }
  | { readonly do: 'retry'; readonly delayMs: number }
  | { readonly do: 'snooze'; readonly delayMs: number }
  | { readonly do: 'requeue' }
  | { readonly do: 'reject' }
  | { readonly do: 'ignore' }
  /** Ends its process. */
  | { readonly do: 'exit' }
  /** Blocks the event loop until its process is killed. */
  | { readonly do: 'block' }
  | { readonly do: 'leak' }
  /** Returns what has no encoding. */
  | { readonly do: 'return-function' }

export interface Act {
  /** It takes this long before it does it. */
  readonly ms: number
  readonly action: Action
  /** It goes on whatever its signal says. */
  readonly deaf?: boolean
  /** Reports progress on the way. */
  readonly progress?: boolean
}

/** A task's input: what its first run does, its second, … The last one is repeated. */
export interface Script {
  /** Tells one call's input from another's. */
  readonly tag: string
  readonly acts: readonly Act[]
  /** Makes the input too large for the record. */
  readonly ballast?: string
}

/** The error that a script throws. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError'
}

export class ExpectedError extends Error {
  override readonly name = 'ExpectedError'
}

/** What a script's success returns. */
export function resultOf(script: Script): string {
  return `done ${script.tag}`
}

/** Told of what a run does. */
export interface Witness {
  /** The function returned or threw; a process that dies tells nothing. */
  ended(action: Action['do'] | 'aborted'): void
  /** From now on nothing goes on in its process. */
  blocked(): void
  /** It makes a promise that is rejected, and that nobody handles. Resolves when that was noticed. */
  leak(error: Error): Promise<void>
}

/** The nth act (from 0) of a script. */
export function actOf(script: Script, nth: number): Act {
  return script.acts[Math.min(nth, script.acts.length - 1)] ?? { ms: 0, action: { do: 'return' } }
}

/** Plays the nth act of a script. */
export async function play(
  script: Script,
  nth: number,
  context: TaskContext,
  process: SimulatedProcess,
  witness: Witness,
): Promise<unknown> {
  const { ms, action, deaf, progress } = actOf(script, nth)
  try {
    const signal = deaf || ms === 0 ? undefined : context.signal
    if (progress) context.progress({ nth })
    await wait(process, ms / 2, signal)
    if (progress) context.progress({ nth, half: true })
    await wait(process, ms / 2, signal)
  } catch (error) {
    witness.ended('aborted')
    throw error
  }
  if (action.do === 'exit') {
    process.kill()
    return process.end
  }
  if (action.do === 'block') {
    witness.blocked()
    process.freeze()
    return process.end
  }
  witness.ended(action.do)
  switch (action.do) {
    case 'return':
      return resultOf(script)
    case 'return-function':
      return () => resultOf(script)
    case 'throw':
      throw new ScriptError(`act ${nth} of ${script.tag}`)
    case 'throw-expected':
      throw new ExpectedError(`act ${nth} of ${script.tag}`)
    case 'retry':
      return context.retry({ delay: action.delayMs / 1_000 })
    case 'snooze':
      return context.snooze(action.delayMs / 1_000)
    case 'requeue':
      throw new RejectError('requeued by its script', { requeue: true })
    case 'reject':
      throw new RejectError('rejected by its script')
    case 'ignore':
      throw new IgnoreError()
    case 'leak':
      await witness.leak(new ScriptError(`leaked by ${script.tag}`))
      await wait(process, 5_000, context.signal)
      return resultOf(script)
    default:
      return action satisfies never
  }
}

function wait(process: SimulatedProcess, ms: number, signal: AbortSignal | undefined): Promise<void> | undefined {
  return ms === 0 ? undefined : process.sleep(ms, signal)
}
