import type { AttemptOptions } from '../core/attempt.ts'
import { messageOf } from '../core/call.ts'
import { decideWithoutRun } from '../core/decide.ts'
import { maxDelayMs, resultTtlMs } from '../core/defaults.ts'
import { CeleriacError, LedgerUnavailableError, TaskNotFoundError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import { inputExpiresAtSeconds } from '../core/lifetime.ts'
import { messageText } from '../core/message-codec.ts'
import { parkedTask } from '../core/parked.ts'
import type { TaskRecord } from '../core/record.ts'
import { isTerminal, type VisibleState, visibleState } from '../core/states.ts'
import {
  forgetRecord,
  type RecordChange,
  requestRevocation,
  rescheduleRecord,
  revokeRecord,
} from '../core/transitions.ts'
import { callHooksWithoutRun } from '../protocol/end-hooks.ts'
import type { Services } from './services.ts'

/** A record that changes whenever it was read is not worth more tries. */
const mostRounds = 20

/** The record as it stands, read consistently. @throws {TaskNotFoundError} */
export async function readRecord({ ports }: Services, id: string): Promise<TaskRecord> {
  const [record] = await ports.records.read([id], { consistent: true })
  if (record === undefined) throw new TaskNotFoundError(id)
  return record
}

/**
 * Revokes a task: one that does not run ends in REVOKED now; a running one is asked to stop, and its worker aborts `ctx.signal` within seconds.
 * One that has ended stays as it is.
 *
 * @param check throws when the record is not the one that is meant
 * @returns the state it left the task in
 */
export async function revokeTask(
  services: Services,
  id: string,
  check: (record: TaskRecord) => void = () => {},
): Promise<VisibleState> {
  const { app, ports } = services
  let revoked: TaskRecord | undefined
  const state = await changeUntilDone(services, id, (record) => {
    check(record)
    revoked = undefined
    const now = ports.clock.now()
    if (isTerminal(record.state)) return { state: record.state }
    if (record.state === 'STARTED') {
      if (record.revokeRequestedAt !== undefined) return { state: 'STARTED' }
      return { state: 'STARTED', change: requestRevocation(record, now) }
    }
    const ttl = app.tasks.get(record.task)?.resultTtlMs ?? resultTtlMs
    revoked = record
    return { state: 'REVOKED', change: revokeRecord(record, ports.random.token(), now, ttl, 'revoked') }
  })
  if (revoked !== undefined) await reportRevoked(services, revoked)
  return state
}

/** No worker sees the end of a task that is revoked while it waits: its event and its hooks belong to the process that revoked it. */
async function reportRevoked({ app, ports }: Services, record: TaskRecord): Promise<void> {
  const { id, task, queue, attempt, generation, enqueuedAt, root = id } = record
  ports.telemetry.event({ type: 'revoked', at: ports.clock.now(), queue, task, id })
  const definition = app.tasks.get(task)
  const { headers = {}, parent, traceparent, input } = messageOf(record, inputOf(record))
  const options: AttemptOptions = {
    id,
    queue,
    attempt,
    maxRetries: definition?.retry.maxRetries ?? 0,
    generation,
    headers,
    enqueuedAt,
    root,
    receiveCount: 0,
    local: false,
    timeLimitMs: definition?.timeLimitMs ?? 0,
    ignoreResult: definition?.ignoreResult ?? false,
    ...(parent !== undefined && { parent }),
    ...(traceparent !== undefined && { traceparent }),
  }
  const settlement = decideWithoutRun({ kind: 'revoked' })
  await callHooksWithoutRun({ task, definition, input, options, settlement }, app, ports)
}

/** A larger input lives in its own item. It is read by nobody but the scrubber of log lines, so it is not fetched. */
function inputOf({ input }: TaskRecord): Json {
  return input === undefined ? null : (JSON.parse(input) as Json)
}

/**
 * Removes what a task was given and what it left. The record itself stays: a late copy of its message must still find that it ended, and its key
 * stays held.
 *
 * @throws {CeleriacError} code `task-open`: it has not ended
 */
export async function forgetTask(
  services: Services,
  id: string,
  check: (record: TaskRecord) => void = () => {},
): Promise<void> {
  const { ports } = services
  const inputs = new Set<string>()
  await changeUntilDone(services, id, (record) => {
    check(record)
    if (!isTerminal(record.state)) {
      const state = visibleState(record.state, record.availableAt, ports.clock.now())
      throw new CeleriacError(
        'task-open',
        `forget: expected a task that has ended, received ${id} in state ${state}. Await it or revoke it first.`,
      )
    }
    if (record.inputRef !== undefined) inputs.add(record.inputRef)
    if (record.forgotten === true) return { state: record.state }
    return { state: record.state, change: forgetRecord(record) }
  })
  if (inputs.size > 0) await ports.inputs.remove([...inputs].map((ref) => ({ id, ref })))
}

/**
 * Moves a task that waits to another time. Its record says the time from then on: a message or due item of the old one finds that it is too early,
 * or that the task has run.
 *
 * @param availableAt undefined: now
 * @throws {CeleriacError} code `task-not-waiting`
 */
export async function rescheduleTask(services: Services, id: string, availableAt: number | undefined): Promise<void> {
  const { ports } = services
  const at = availableAt ?? ports.clock.now()
  await changeUntilDone(services, id, (record) => {
    if (record.state !== 'QUEUED' && record.state !== 'RETRY') {
      throw new CeleriacError(
        'task-not-waiting',
        `reschedule: expected a task that waits, received ${id} in state ${record.state}.`,
      )
    }
    return { state: record.state, change: rescheduleRecord(record, ports.random.token(), at) }
  })
  await sendAnew(services, await readRecord(services, id), at)
}

/** Sends or parks the message of a record. Should this fail, its old message or `reconcile` finds the record. */
async function sendAnew({ ports }: Services, record: TaskRecord, at: number): Promise<void> {
  const { id, inputRef, queue, task } = record
  let text = record.input
  if (inputRef !== undefined) {
    ;[text] = await ports.inputs.read([{ id, ref: inputRef }])
    if (text !== undefined)
      await ports.inputs.write([{ id, ref: inputRef, body: text, expiresAt: inputExpiresAtSeconds(at) }])
  }
  if (text === undefined) throw new CeleriacError('input-gone', `reschedule: the input of task ${id} is gone.`)
  const body = messageText(messageOf(record, JSON.parse(text) as Json))
  const delayMs = at - ports.clock.now()
  if (delayMs > maxDelayMs) {
    const [answer] = await ports.due.put([parkedTask(record, queue, at, body)])
    if (answer?.status !== 'done') throw new LedgerUnavailableError(`Task ${id} could not be rescheduled. Try again.`)
  } else {
    const delay = { ...(delayMs > 0 && { delaySeconds: Math.ceil(delayMs / 1_000) }) }
    const [answer] = await ports.queues.send(queue, [{ body, attributes: { task }, ...delay }])
    if (answer?.status === 'failed') throw answer.error
  }
}

interface Plan {
  readonly state: VisibleState
  readonly change?: RecordChange
}

/** Reads, plans and changes until the change applied to what was read. */
async function changeUntilDone(
  services: Services,
  id: string,
  plan: (record: TaskRecord) => Plan,
): Promise<VisibleState> {
  let record = await readRecord(services, id)
  for (let round = 0; round < mostRounds; round++) {
    const { state, change } = plan(record)
    if (change === undefined) return state
    const [outcome] = await services.ledger.change([change])
    if (outcome?.status === 'done') return state
    if (outcome?.status === 'failed') throw outcome.error
    record = outcome?.record ?? (await readRecord(services, id))
  }
  throw new LedgerUnavailableError(`Task ${id} changed ${mostRounds} times while it was to be changed. Try again.`)
}
