import { DefinitionError } from '../core/errors.ts'
import type { TaskDefinition } from '../core/task.ts'

/** The arguments of a call. */
export interface SplitCall<Options> {
  readonly input: unknown
  readonly options: Options
}

/**
 * Tells input and options apart. A task without input is called with options only; every other task with its input first.
 *
 * @throws {DefinitionError} options only for a lazy function: whether it takes an input is unknown until it is loaded
 */
export function splitCall<Options extends object>(
  { name, input, run }: TaskDefinition,
  given: readonly unknown[],
  method: string,
  known: readonly string[],
): SplitCall<Options> {
  const [first, second] = given
  const whole = { input: first, options: (second ?? {}) as Options }
  if (given.length !== 1 || input !== undefined || run === undefined || run.length > 0 || !isOptions(first, known))
    return whole
  if (loadsAnother.test(Function.prototype.toString.call(run))) {
    throw new DefinitionError(
      `task '${name}': ${method}: expected an input or options, received an object that can be either. Say which: ${method}(undefined, options) or ${method}(input, {}).`,
    )
  }
  return { input: undefined, options: first as Options }
}

/** \`() => import('./send.js')\`, also as bundlers write it. */
const loadsAnother = /\bimport\b|\brequire\b|\.then\(/

function isOptions(value: unknown, known: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const keys = Object.keys(value)
  return keys.length > 0 && keys.every((key) => known.includes(key))
}
