import { resultTtlMs } from '../core/defaults.ts'
import { CeleriacError, LedgerUnavailableError, TaskNotFoundError } from '../core/errors.ts'
import type { TaskRecord } from '../core/record.ts'
import { isTerminal, type VisibleState, visibleState } from '../core/states.ts'
import { forgetRecord, type RecordChange, requestRevocation, revokeRecord } from '../core/transitions.ts'
import type { Services } from './services.ts'

/** A record that changes whenever it was read is not worth more tries. */
const mostRounds = 20

/** The record as it stands, read consistently. @throws {TaskNotFoundError} */
export async function readRecord({ ports }: Services, id: string): Promise<TaskRecord> {
  const [record] = await ports.ledger.read([id], { consistent: true })
  if (record === undefined) throw new TaskNotFoundError(id)
  return record
}

/**
 * Revokes a task: one that does not run ends in REVOKED now; a running one is asked to stop, and its worker aborts `ctx.signal` within seconds.
 * One that has ended stays as it is.
 *
 * @returns the state it left the task in
 */
export async function revokeTask(services: Services, id: string): Promise<VisibleState> {
  const { app, ports } = services
  return changeUntilDone(services, id, (record) => {
    const now = ports.clock.now()
    if (isTerminal(record.state)) return { state: record.state }
    if (record.state === 'STARTED') {
      if (record.revokeRequestedAt !== undefined) return { state: 'STARTED' }
      return { state: 'STARTED', change: requestRevocation(record, now) }
    }
    const ttl = app.tasks.get(record.task)?.resultTtlMs ?? resultTtlMs
    return { state: 'REVOKED', change: revokeRecord(record, ports.random.token(), now, ttl, 'revoked') }
  })
}

/**
 * Removes what a task was given and what it left. The record itself stays: a late copy of its message must still find that it ended, and its key
 * stays held.
 *
 * @throws {CeleriacError} code `task-open`: it has not ended
 */
export async function forgetTask(services: Services, id: string): Promise<void> {
  const { ports } = services
  const inputs = new Set<string>()
  await changeUntilDone(services, id, (record) => {
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
  if (inputs.size > 0) await ports.ledger.deleteInputs([...inputs].map((ref) => ({ id, ref })))
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
