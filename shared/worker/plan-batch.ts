import { recordOfMessage } from '../core/call.ts'
import { decideWithoutRun } from '../core/decide.ts'
import { resultTtlMs } from '../core/defaults.ts'
import { errorText } from '../core/error-data.ts'
import type { TaskRecord } from '../core/record.ts'
import type { Batch } from './batch.ts'
import type { Claim } from './claim.ts'
import { follow } from './follow.ts'
import type { ReceivedTask } from './received-task.ts'
import { callHooksOfEnd } from './run.ts'
import type { Ending, Plan } from './triage.ts'

/** Triage of a batch, including the reads of the records that it needs. */
export async function planBatch(received: readonly ReceivedTask[], batch: Batch): Promise<Plan> {
  const { ports, pauses, queueName, parts } = batch
  const pausedWaitMs = received.every(({ withoutLedger }) => withoutLedger) ? undefined : await pauses.waitMs(queueName)
  const now = ports.clock.now()
  const known = { queue: queueName, now, askedAt: now, records: new Map(), pausedWaitMs }
  const plan = parts.triage(received, known)
  const records = await readRecords(plan.read, batch)
  if (records === undefined) return plan
  return joined(plan, parts.triage(plan.read, { ...known, now: ports.clock.now(), records }))
}

/** Triage after lost claims: another worker or an operator was faster. Judges by the record they left. */
export async function planLostClaims(
  lost: readonly Extract<Claim, { readonly status: 'lost' }>[],
  askedAt: number,
  batch: Batch,
): Promise<Plan> {
  const received = lost.map(({ candidate }) => candidate.received)
  const records = new Map(lost.map(({ candidate, record }) => [candidate.received.message.id, record]))
  return batch.parts.triage(received, { queue: batch.queueName, now: batch.ports.clock.now(), askedAt, records })
}

/** Undefined if the table does not answer: the messages come back. */
export async function readRecords(
  received: readonly ReceivedTask[],
  { ports, queueName }: Pick<Batch, 'ports' | 'queueName'>,
): Promise<ReadonlyMap<string, TaskRecord | undefined> | undefined> {
  const ids = [...new Set(received.map(({ message }) => message.id))]
  if (ids.length === 0) return new Map()
  try {
    const records = await ports.records.read(ids, { consistent: true })
    return new Map(ids.map((id, index) => [id, records[index]]))
  } catch (error) {
    ports.telemetry.log('error', 'The table did not answer; the messages will come again.', {
      queue: queueName,
      error: errorText(error),
    })
    return undefined
  }
}

function joined(one: Plan, other: Plan): Plan {
  return {
    together: [...one.together, ...other.together],
    alone: [...one.alone, ...other.alone],
    endings: [...one.endings, ...other.endings],
    followUps: [...one.followUps, ...other.followUps],
    inputs: [...one.inputs, ...other.inputs],
    read: [],
  }
}

/** Does everything that needs no run. Returns the candidates that remain. */
export async function perform(plan: Plan, batch: Batch): Promise<Plan> {
  const left = await writeMissingInputs(plan, batch)
  for (const { received, crashed } of [...left.together, ...left.alone])
    if (crashed !== undefined) batch.reporter.event(received, { type: 'suspect' })
  if (left.endings.length > 0) await end(left.endings, batch)
  await follow(left.followUps, batch)
  return left
}

/** Returns the plan without the tasks whose input could not be written: their messages come back. */
async function writeMissingInputs(plan: Plan, { ports, queueName }: Batch): Promise<Plan> {
  if (plan.inputs.length === 0) return plan
  try {
    await ports.inputs.write(plan.inputs.map(({ item }) => item))
    return plan
  } catch (error) {
    ports.telemetry.log('error', 'The table did not take an input; the message will come again.', {
      queue: queueName,
      ids: plan.inputs.map(({ received }) => received.message.id),
      error: errorText(error),
    })
    const failed = new Set(plan.inputs.map(({ received }) => received))
    const isLeft = ({ received }: { readonly received: ReceivedTask }) => !failed.has(received)
    return {
      ...plan,
      together: plan.together.filter(isLeft),
      alone: plan.alone.filter(isLeft),
      endings: plan.endings.filter(isLeft),
      followUps: plan.followUps.filter(isLeft),
    }
  }
}

/** Ends tasks that do not run. A task without a record gets one first; if that fails, its message comes back. */
async function end(endings: readonly Ending[], batch: Batch): Promise<void> {
  const { ledger, ports, queueName } = batch
  const unrecorded = endings.filter(({ record }) => record === null)
  const now = ports.clock.now()
  const created = await ledger.insert(
    unrecorded.map(({ received }) => recordOfMessage(received.message, queueName, now, ports.random.token())),
  )
  for (const ending of endings) {
    if (ending.record !== null) endTask(ending, ending.record, batch)
    else {
      const outcome = created[unrecorded.indexOf(ending)]
      if (outcome?.status === 'inserted') endTask(ending, outcome.record, batch)
    }
  }
}

/** Gives a task that ends without a run to the settler. @param token the claim's token, if there was a claim */
export function endTask(
  { received, outcome, startedAt, opens }: Omit<Ending, 'record'>,
  record: TaskRecord | undefined,
  batch: Batch,
  token = batch.ports.random.token(),
): void {
  const { settler, reporter, ports } = batch
  const settlement = decideWithoutRun(outcome)
  const scrub = (text: string) => text
  const facts = { attempt: record?.attempt ?? 0, hasRun: false, runMs: 0, startedAt: ports.clock.now(), scrub }
  settler.add({
    received,
    record,
    token,
    settlement,
    scrub,
    startedAt,
    opens,
    resultTtlMs: batch.app.tasks.get(received.message.task)?.resultTtlMs ?? resultTtlMs,
    report() {
      reporter.settled(received, settlement, facts)
      return callHooksOfEnd(received, record, settlement, batch)
    },
  })
}
