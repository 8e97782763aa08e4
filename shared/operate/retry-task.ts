import type { AppDefinition } from '../core/app.ts'
import { messageOf, placeInput } from '../core/call.ts'
import { maxInputBytes } from '../core/defaults.ts'
import { CeleriacError, InputTooLargeError, LedgerUnavailableError, TaskNotFoundError } from '../core/errors.ts'
import { inputHashOf } from '../core/ids.ts'
import { byteLength, canonicalText, encode, type Json, toText } from '../core/json.ts'
import { messageText } from '../core/message-codec.ts'
import type { TaskRecord } from '../core/record.ts'
import { isTerminal, visibleState } from '../core/states.ts'
import type { TaskDefinition } from '../core/task.ts'
import { reopenRecord } from '../core/transitions.ts'
import { validated } from '../enqueue/prepared-call.ts'
import { mergedInput } from '../insight/payload.ts'
import type { Ports } from '../ports/index.ts'
import { CertainLedger } from '../protocol/certain-ledger.ts'

export interface RetryOptions {
  /** The encoded input to run with instead of the stored one. Blanked fields keep their stored values. */
  readonly input?: Json
}

/** An app's definition and the ports of its deployment. */
export interface RetryDeps {
  readonly app: AppDefinition
  readonly ports: Ports
}

const retried: ReadonlySet<string> = new Set(['FAILURE', 'REVOKED', 'EXPIRED', 'IGNORED'])

/**
 * Runs an ended task again, from its record: reopens the record and sends its message. Its dead letter, if any, becomes stale; a redrive of it
 * does no harm.
 *
 * If the process dies between the two, `reconcile` sends the message.
 *
 * @throws {TaskNotFoundError}
 * @throws {CeleriacError} `task-open`: it has not ended; `task-succeeded`; `input-gone`; `task-changed`: someone else was first
 * @throws {InputError} the edited input does not match the task's schema
 */
export async function retryTask({ app, ports }: RetryDeps, id: string, options: RetryOptions = {}): Promise<void> {
  const { records, clock, random } = ports
  const [record] = await records.read([id], { consistent: true })
  if (record === undefined) throw new TaskNotFoundError(id)
  checkEnded(record, clock.now())
  const stored = await storedInput(record, ports)
  const definition = app.tasks.get(record.task)
  const body = options.input === undefined ? stored : await editedInput(record, stored, options.input, definition)
  if (body === undefined) {
    throw new CeleriacError(
      'input-gone',
      `retry: the input of ${id} is no longer kept. Call ${record.task} again with an input.`,
    )
  }
  const input = JSON.parse(body) as Json
  const opened = openedAnew(record, input, body, clock.now())
  // The input is written before its message is sent.
  if (opened.inputItem !== undefined) await ports.inputs.write([opened.inputItem])
  const change = reopenRecord(record, opened.record, random.token())
  const [outcome] = await new CertainLedger(ports).change([change])
  if (outcome?.status === 'failed') throw outcome.error
  if (outcome?.status !== 'done') {
    throw new CeleriacError(
      'task-changed',
      `retry: ${id} was changed by someone else at the same time. Look at it again.`,
    )
  }
  const now = outcome.record ?? (await records.read([id], { consistent: true }))[0]
  if (now === undefined) throw new TaskNotFoundError(id)
  const [sent] = await ports.queues.send(now.queue, [{ body: messageText(messageOf(now, input)) }])
  if (sent?.status !== 'sent') {
    throw new LedgerUnavailableError(
      `retry: ${id} is open again, but its message could not be sent: ${sent?.error.message ?? 'no answer'}. 'celeriac reconcile' sends it.`,
      { cause: sent?.error },
    )
  }
}

function checkEnded(record: TaskRecord, now: number): void {
  const { id, state, availableAt } = record
  if (retried.has(state)) return
  if (isTerminal(state)) {
    throw new CeleriacError(
      'task-succeeded',
      `retry: expected a task that failed, was revoked, expired or ignored, received ${id} in state ${state}. Call it again instead.`,
    )
  }
  throw new CeleriacError(
    'task-open',
    `retry: expected a task that has ended, received ${id} in state ${visibleState(state, availableAt, now)}. It will run by itself; revoke it first to start it anew.`,
  )
}

async function storedInput(record: TaskRecord, { inputs }: Ports): Promise<string | undefined> {
  if (record.forgotten === true) return undefined
  if (record.inputRef === undefined) return record.input
  const [text] = await inputs.read([{ id: record.id, ref: record.inputRef }])
  return text
}

async function editedInput(
  record: TaskRecord,
  stored: string | undefined,
  edited: Json,
  definition: TaskDefinition | undefined,
): Promise<string> {
  if (definition === undefined) {
    throw new CeleriacError(
      'task-unknown',
      `retry: this app does not define '${record.task}', so nobody can check its input. Retry it as it is.`,
    )
  }
  const value = mergedInput(stored, edited, definition.sensitive)
  const json = encode(value)
  await validated(definition, json)
  const text = toText(json)
  if (byteLength(text) > maxInputBytes) throw new InputTooLargeError(record.task, byteLength(text), maxInputBytes)
  return text
}

/** The record of a new opening. The short history is kept, to show the earlier runs. */
function openedAnew(record: TaskRecord, input: Json, body: string, now: number) {
  const { id, v, generation, task, queue, token, attempts, keyUntil, root, parent, envelope } = record
  return placeInput(
    {
      id,
      v,
      generation,
      state: 'QUEUED',
      task,
      queue,
      inputHash: inputHashOf(canonicalText(input)),
      attempt: 0,
      token,
      enqueuedAt: now,
      ...(attempts !== undefined && { attempts }),
      ...(keyUntil !== undefined && { keyUntil }),
      ...(root !== undefined && { root }),
      ...(parent !== undefined && { parent }),
      ...(envelope !== undefined && { envelope }),
    },
    body,
  )
}
