import type { AppDefinition } from '../core/app.ts'
import { type Call, type PlacedInput, recordBytes, recordOfCall } from '../core/call.ts'
import { maxInputBytes, maxOpeningBytes } from '../core/defaults.ts'
import { DefinitionError, EncodeError, InputTooLargeError } from '../core/errors.ts'
import { fingerprint, taskIdOf } from '../core/ids.ts'
import { validateInput } from '../core/input.ts'
import { byteLength, decode, encode, encodeExactly, type Json, toText } from '../core/json.ts'
import type { ScheduledOccurrence } from '../core/message.ts'
import type { TaskRecord } from '../core/record.ts'
import { checkTenant } from '../core/tags.ts'
import type { TaskDefinition } from '../core/task.ts'
import type { Clock, Random } from '../ports/index.ts'
import { currentTask } from '../protocol/current-task.ts'
import { type CallOptions, resolveCall } from './call-options.ts'

/** One call, validated and frozen. Nothing is written yet. */
export interface PreparedCall {
  readonly definition: TaskDefinition
  readonly call: Call
  /** Undefined with the ledger off. */
  readonly opening: { readonly record: TaskRecord; readonly inputItem?: PlacedInput } | undefined
  readonly ignoreResult: boolean
  /** @default 'call' */
  readonly mode?: EnqueueMode
}

/**
 * What an enqueue does when a record has its id.
 *
 * - `call`: joins the same task, opens an ended one again, refuses another input (`existingTask()`).
 * - `occurrence`: one id is one occurrence of a schedule. A record with the id is this occurrence.
 * - `continuation`: what follows from a task that ended, with an id made of that task's. Repeating it must change nothing: it never opens a record
 *   again, never withdraws one, and finding its id taken is a success.
 */
export type EnqueueMode = 'call' | 'occurrence' | 'continuation'

/** One occurrence of a schedule. */
export interface Occurrence extends ScheduledOccurrence {
  readonly id: string
}

export interface PrepareDeps {
  readonly app: AppDefinition
  readonly clock: Clock
  readonly random: Random
}

/** An encoded input. If it could not be encoded, reading it throws, so that only its own call is refused. */
export type FrozenInput = () => Json

/** Encodes an input at once, so that later changes of the value do not change the call. */
export function freezeInput({ sensitive }: TaskDefinition, input: unknown): FrozenInput {
  try {
    const json = encodeExactly(input)
    return () => json
  } catch (error) {
    return () => {
      throw error instanceof EncodeError ? withoutSecretPath(error, sensitive) : error
    }
  }
}

/** Below a sensitive field, keys may be data: the path ends there. */
function withoutSecretPath(error: EncodeError, sensitive: readonly string[]): EncodeError {
  const { path, issues } = error
  const field = sensitive.find((name) => path.startsWith(`${name}.`) || path.startsWith(`${name}[`))
  return field === undefined ? error : new EncodeError(field, issues[0]?.message ?? 'it has no JSON form')
}

/**
 * Validates and freezes one call. The message carries the caller's value, not the schema's output: the worker validates again and applies transforms
 * and defaults. So the value validated here is the value that the worker decodes. The key is made of the output.
 *
 * @param frozen the input, if it was encoded earlier
 * @throws {InputError} the schema refused the input, or (EncodeError) it cannot be sent as it is
 * @throws {InputTooLargeError} the encoded input exceeds 256 KB
 * @throws {DefinitionError} an option of the call cannot work
 */
export async function prepareCall(
  definition: TaskDefinition,
  input: unknown,
  options: CallOptions,
  { app, clock, random }: PrepareDeps,
  frozen: FrozenInput = freezeInput(definition, input),
  occurrence?: Occurrence,
): Promise<PreparedCall> {
  const now = clock.now()
  const { ignoreResult, ...resolved } = resolveCall(definition, options, app, now)
  const json = await encodedInput(definition, input, frozen)
  const output = await validated(definition, json)
  const body = toText(json)
  checkSize(definition, body)
  const taskId = occurrence?.id ?? options.taskId
  const key = options.idempotencyKey ?? (taskId === undefined ? keyOf(definition, output()) : undefined)
  const id = key !== undefined ? taskIdOf(app.name, definition.name, key) : (taskId ?? random.uuid(resolved.enqueuedAt))
  const caller = currentTask.getStore()
  const tenant = options.tenant ?? tenantOf(definition, output)
  const traceparent = options.traceparent ?? options.headers?.traceparent ?? caller?.traceparent
  const call: Call = {
    id,
    task: definition.name,
    input: json,
    ...resolved,
    ...(tenant !== undefined && { tenant }),
    ...(caller && { root: caller.root, parent: caller.id }),
    ...(traceparent !== undefined && { traceparent }),
    ...(occurrence && { schedule: { name: occurrence.name, at: occurrence.at, missed: occurrence.missed } }),
  }
  const held = key !== undefined || options.taskId !== undefined
  const { record, inputItem } = recordOfCall(
    call,
    tokenPlace,
    body,
    held ? fingerprintOf(definition, json, output) : undefined,
  )
  checkRecordSize(definition, record, call)
  if (definition.ledger === 'off') return { definition, call, opening: undefined, ignoreResult }
  const opening = {
    record: held ? { ...record, keyUntil: now + definition.idempotencyTtlMs } : record,
    ...(inputItem && { inputItem }),
  }
  return { definition, call, opening, ignoreResult, ...(occurrence && { mode: 'occurrence' as const }) }
}

/** A placeholder for the record's size: each try to write draws a fresh token. */
const tokenPlace = '0'.repeat(16)

/** If the schema refuses a value that cannot be sent, its own message is used. */
async function encodedInput(definition: TaskDefinition, input: unknown, frozen: FrozenInput): Promise<Json> {
  try {
    return frozen()
  } catch (error) {
    if (error instanceof EncodeError) await validateFor(definition, input)
    throw error
  }
}

/** The validated input of a call. Without a schema it is decoded only when it is asked for. */
export async function validated(definition: TaskDefinition, json: Json): Promise<() => unknown> {
  if (definition.input === undefined) return () => decode(json)
  const output = await validateFor(definition, decode(json))
  return () => output
}

/** The output of the task's schema for the input. @throws {InputError} */
export function validateFor({ name, input: schema, sensitive }: TaskDefinition, input: unknown): Promise<unknown> {
  return validateInput(name, schema, input, sensitive)
}

/** Fingerprint that tells two inputs of one key apart: made of the sent input and of the schema's output. */
function fingerprintOf(definition: TaskDefinition, json: Json, output: () => unknown): string {
  if (definition.input === undefined) return fingerprint(json)
  try {
    return fingerprint(json, encode(output()))
  } catch {
    // The schema's output cannot be encoded, so only the sent input can be compared.
    return fingerprint(json)
  }
}

function checkSize(definition: TaskDefinition, body: string): void {
  const bytes = byteLength(body)
  if (bytes > maxInputBytes) throw new InputTooLargeError(definition.name, bytes, maxInputBytes)
}

/** Without this check DynamoDB would refuse the result, after the task has run. */
function checkRecordSize({ name }: TaskDefinition, record: TaskRecord, { headers }: Call): void {
  // Headers and trace context are all that can be large: a large input lies in its own item.
  if (record.envelope === undefined) return
  const bytes = recordBytes(record)
  if (bytes <= maxOpeningBytes) return
  throw new DefinitionError(
    `task '${name}': applyAsync: headers: expected at most ${maxOpeningBytes} bytes of record when a task is enqueued, received ${bytes}, of which ${byteLength(JSON.stringify(headers ?? {}))} are headers. A record holds 400 KB, and its result, progress and errors need the rest: put large values into the input, or store them elsewhere.`,
  )
}

function tenantOf({ name, tenant }: TaskDefinition, output: unknown): string | undefined {
  const found = tenant?.(output)
  checkTenant(`task '${name}'`, found)
  return found
}

function keyOf(definition: TaskDefinition, output: unknown): string | undefined {
  if (definition.idempotencyKey === undefined) return undefined
  const key: unknown = definition.idempotencyKey(output)
  if (typeof key === 'string' && key !== '') return key
  throw new DefinitionError(
    `task '${definition.name}': idempotencyKey: expected a text that is not empty, received ${key === '' ? "''" : typeof key}.`,
  )
}
