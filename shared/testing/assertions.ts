import { isDeepStrictEqual } from 'node:util'
import { CeleriacError } from '../core/errors.ts'
import { type EnqueuedTask, nameOf, type TaskName, type TestApp } from './test-app.ts'

/** Thrown by `assertEnqueued` and friends: says what was looked for and what was there. */
export class TaskAssertionError extends CeleriacError {
  constructor(message: string) {
    super('assertion', message)
  }
}

/** Every field of the expectation is there and equal; fields it does not name may be anything. */
function includes(actual: unknown, expected: unknown): boolean {
  if (
    typeof expected !== 'object' ||
    expected === null ||
    Array.isArray(expected) ||
    Object.getPrototypeOf(expected) !== Object.prototype
  ) {
    return isDeepStrictEqual(actual, expected)
  }
  if (typeof actual !== 'object' || actual === null) return false
  return Object.entries(expected).every(([key, value]) => includes((actual as Record<string, unknown>)[key], value))
}

async function search(
  test: TestApp,
  task: TaskName,
  input: unknown,
): Promise<{ readonly pass: boolean; readonly message: (negated: boolean) => string }> {
  const all = await test.enqueued(task)
  const found = input === undefined ? all : all.filter((each) => includes(each.input, input))
  const wanted = input === undefined ? `task '${nameOf(task)}'` : `task '${nameOf(task)}' with ${shown(input)}`
  return {
    pass: found.length > 0,
    message: (negated) =>
      negated
        ? `Expected ${wanted} not to be enqueued, received ${found.length}: ${listed(found)}.`
        : `Expected ${wanted} to be enqueued, received ${all.length === 0 ? 'none of it' : listed(all)}.`,
  }
}

function listed(tasks: readonly EnqueuedTask[]): string {
  const first = tasks.slice(0, 5).map((each) => shown(each.input))
  return `${first.join(', ')}${tasks.length > 5 ? ` and ${tasks.length - 5} more` : ''}`
}

function shown(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return String(value)
  }
}

/** For node:test and any other runner. `input`: fields that must be there; more may be. */
export async function assertEnqueued(test: TestApp, task: TaskName, input?: unknown): Promise<void> {
  const { pass, message } = await search(test, task, input)
  if (!pass) throw new TaskAssertionError(message(false))
}

export async function assertNotEnqueued(test: TestApp, task: TaskName, input?: unknown): Promise<void> {
  const { pass, message } = await search(test, task, input)
  if (pass) throw new TaskAssertionError(message(true))
}

/**
 * Matchers for Vitest and Jest.
 *
 * @example
 * expect.extend(taskMatchers)
 * await expect(test).toHaveEnqueued(sendEmail, { to: 'ada@example.com' })
 */
export const taskMatchers = {
  async toHaveEnqueued(test: unknown, task: unknown, input?: unknown) {
    const { pass, message } = await search(test as TestApp, task as TaskName, input)
    return { pass, message: () => message(pass) }
  },
}
