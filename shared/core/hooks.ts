import type { TaskContext } from './context.ts'
import type { Settlement } from './decide.ts'
import { hookLimitMs } from './defaults.ts'
import { harmless, toErrorData } from './error-data.ts'
import { TimeLimitExceededError } from './errors.ts'
import { decode, type Json } from './json.ts'
import type { ErrorData } from './record.ts'
import { isTerminal } from './states.ts'
import type { SettledState, TaskHooks } from './task.ts'

/** One hook to call, with its arguments. */
export type HookCall =
  | { readonly name: 'onStart' }
  | { readonly name: 'onSuccess'; readonly output: unknown }
  | { readonly name: 'onRetry'; readonly error: ErrorData; readonly delayMs: number }
  | { readonly name: 'onFailure'; readonly error: ErrorData }
  | { readonly name: 'onSettled'; readonly state: SettledState }

export interface HookDeps {
  timer(delayMs: number, fire: () => void): () => void
  /** Called when a hook throws or takes too long. */
  warn(message: string, error: unknown): void
}

const hookNames = ['onStart', 'onSuccess', 'onRetry', 'onFailure', 'onSettled'] as const satisfies (keyof TaskHooks)[]

/** The owners that have any hook: first the app, then the task. */
export function hookOwners(...owners: readonly TaskHooks[]): readonly TaskHooks[] {
  return owners.filter((hooks) => hookNames.some((name) => hooks[name] !== undefined))
}

/** The hooks that a settlement calls, in their order. The same for a worker and for `apply()`. */
export function hooksFor(settlement: Settlement, scrub: (text: string) => string): readonly HookCall[] {
  const { state, counts, result, delayMs = 0 } = settlement
  const calls: HookCall[] = []
  if (state === 'SUCCESS') {
    const output = result === undefined || result === '' ? undefined : decode(JSON.parse(result) as Json)
    calls.push({ name: 'onSuccess', output })
  }
  if (state === 'RETRY') calls.push({ name: 'onRetry', error: settledError(settlement, scrub), delayMs })
  if (state === 'FAILURE') calls.push({ name: 'onFailure', error: settledError(settlement, scrub) })
  if (state !== 'QUEUED' && (counts || isTerminal(state))) calls.push({ name: 'onSettled', state })
  return calls
}

/** `ctx.retry()` without an error gets one, so that hooks and events always have something to show. */
export function settledError({ error }: Settlement, scrub: (text: string) => string): ErrorData {
  return error === undefined ? { name: 'Retry', message: 'The task asked to be retried.' } : toErrorData(error, scrub)
}

/** Calls hooks one after another. A hook that throws, or takes longer than 5 s, is reported and changes nothing. */
export async function callHooks(
  owners: readonly TaskHooks[],
  context: TaskContext,
  calls: readonly HookCall[],
  deps: HookDeps,
): Promise<void> {
  for (const call of calls) {
    for (const hooks of owners) {
      try {
        const called = callHook(hooks, context, call)
        if (called !== undefined) await within(hookLimitMs, called, deps)
      } catch (thrown) {
        deps.warn(`The hook ${call.name} failed; the task goes on.`, harmless(thrown))
      }
    }
  }
}

function callHook(hooks: TaskHooks, context: TaskContext, call: HookCall): void | Promise<void> | undefined {
  switch (call.name) {
    case 'onStart':
      return hooks.onStart?.(context)
    case 'onSuccess':
      return hooks.onSuccess?.(context, call.output)
    case 'onRetry':
      return hooks.onRetry?.(context, call.error, call.delayMs)
    case 'onFailure':
      return hooks.onFailure?.(context, call.error)
    case 'onSettled':
      return hooks.onSettled?.(context, call.state)
  }
}

async function within(limitMs: number, work: Promise<void>, deps: Pick<HookDeps, 'timer'>): Promise<void> {
  let cancel = () => {}
  const late = new Promise<never>((_resolve, reject) => {
    cancel = deps.timer(limitMs, () => reject(new TimeLimitExceededError(limitMs)))
  })
  await Promise.race([work, late]).finally(cancel)
}
