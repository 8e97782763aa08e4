import type { AppDefinition } from '../core/app.ts'
import { type Call, type PlacedInput, recordOfCall } from '../core/call.ts'
import { maxInputBytes } from '../core/defaults.ts'
import { DefinitionError, InputError, InputTooLargeError } from '../core/errors.ts'
import { taskIdOf } from '../core/ids.ts'
import { validateInput } from '../core/input.ts'
import { byteLength, encode, toText } from '../core/json.ts'
import type { ScheduledOccurrence } from '../core/message.ts'
import type { TaskRecord } from '../core/record.ts'
import { redacted } from '../core/redact.ts'
import type { TaskDefinition } from '../core/task.ts'
import type { Clock, Random } from '../ports/index.ts'
import { currentTask } from '../protocol/current-task.ts'
import { type CallOptions, resolveCall } from './call-options.ts'

/** One call, validated and frozen: nothing of it was written yet. */
export interface PreparedCall {
  readonly definition: TaskDefinition
  readonly call: Call
  /** Undefined with the ledger off. */
  readonly opening: { readonly record: TaskRecord; readonly inputItem?: PlacedInput } | undefined
  readonly ignoreResult: boolean
  /** A record that has the id is this very call, whatever became of it: it is never opened again. */
  readonly once?: true
}

/** One occurrence of a schedule. */
export interface Occurrence extends ScheduledOccurrence {
  readonly id: string
}

export interface PrepareDeps {
  readonly app: AppDefinition
  readonly clock: Clock
  readonly random: Random
}

/**
 * Validates and freezes one call. The wire carries the caller's value, not the schema's output: the worker validates again and gets transforms
 * and defaults then. The key is made of the output.
 *
 * @throws {InputError} the schema refused the input
 * @throws {InputTooLargeError} the encoded input exceeds 256 KB
 * @throws {DefinitionError} an option of the call cannot work
 */
export async function prepareCall(
  definition: TaskDefinition,
  input: unknown,
  options: CallOptions,
  { app, clock, random }: PrepareDeps,
  occurrence?: Occurrence,
): Promise<PreparedCall> {
  const now = clock.now()
  const { ignoreResult, ...resolved } = resolveCall(definition, options, app, now)
  // Before the first await: what the caller does to the value later is not part of the call.
  const encoded = attempt(() => encode(input))
  const output = definition.input === undefined ? input : await validated(definition, input)
  const json = encoded()
  const body = toText(json)
  checkSize(definition, body)
  const taskId = occurrence?.id ?? options.taskId
  const key = options.idempotencyKey ?? (taskId === undefined ? keyOf(definition, output) : undefined)
  const id = key !== undefined ? taskIdOf(app.name, definition.name, key) : (taskId ?? random.uuid(resolved.enqueuedAt))
  const caller = currentTask.getStore()
  const traceparent = options.traceparent ?? options.headers?.traceparent ?? caller?.traceparent
  const call: Call = {
    id,
    task: definition.name,
    input: json,
    ...resolved,
    ...(caller && { root: caller.root, parent: caller.id }),
    ...(traceparent !== undefined && { traceparent }),
    ...(occurrence && { schedule: { name: occurrence.name, at: occurrence.at, missed: occurrence.missed } }),
  }
  if (definition.ledger === 'off') return { definition, call, opening: undefined, ignoreResult }
  const { record, inputItem } = recordOfCall(call, tokenPlace, body)
  const held = key !== undefined || options.taskId !== undefined
  const opening = {
    record: held ? { ...record, keyUntil: now + definition.idempotencyTtlMs } : record,
    ...(inputItem && { inputItem }),
  }
  return { definition, call, opening, ignoreResult, ...(occurrence && { once: true as const }) }
}

/** The opening draws a fresh token for each try to write; this only holds its place in the record's size. */
const tokenPlace = '0'.repeat(16)

/** Runs at once; what was thrown is thrown when the value is asked for. */
function attempt<Value>(make: () => Value): () => Value {
  try {
    const value = make()
    return () => value
  } catch (error) {
    return () => {
      throw error
    }
  }
}

/** Some validators quote what they refuse: what is said of a sensitive field is not repeated. */
export async function validated(definition: TaskDefinition, input: unknown): Promise<unknown> {
  try {
    return await validateInput(definition.name, definition.input, input)
  } catch (error) {
    if (!(error instanceof InputError) || definition.sensitive.length === 0) throw error
    const issues = error.issues.map((issue) =>
      definition.sensitive.some((field) => issue.path === field || issue.path.startsWith(`${field}.`))
        ? { ...issue, message: redacted }
        : issue,
    )
    throw new InputError(definition.name, issues)
  }
}

function checkSize(definition: TaskDefinition, body: string): void {
  const bytes = byteLength(body)
  if (bytes > maxInputBytes) throw new InputTooLargeError(definition.name, bytes, maxInputBytes)
}

function keyOf(definition: TaskDefinition, output: unknown): string | undefined {
  if (definition.idempotencyKey === undefined) return undefined
  const key: unknown = definition.idempotencyKey(output)
  if (typeof key === 'string' && key !== '') return key
  throw new DefinitionError(
    `task '${definition.name}': idempotencyKey: expected a text that is not empty, received ${JSON.stringify(key) ?? typeof key}.`,
  )
}
