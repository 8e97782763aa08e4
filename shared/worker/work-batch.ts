import type { Delivery } from '../ports/index.ts'
import type { Batch } from './batch.ts'
import { follow, putAside } from './follow.ts'
import { perform, planBatch, readRecords } from './plan-batch.ts'
import { receive } from './receive.ts'
import type { ReceivedTask } from './received-task.ts'
import { runPlan } from './run-plan.ts'
import { triageDuplicates } from './triage.ts'

/**
 * The way of one batch: receive → group → triage, then wave by wave: admit → claim → run → decide → settle → follow.
 *
 * @returns ids of the messages that must come back
 */
export async function workBatch(deliveries: readonly Delivery[], batch: Batch): Promise<readonly string[]> {
  const { received, refused } = receive(deliveries, batch.app.tasks, batch.queue)
  await putAside(refused, batch)
  const groups = batch.parts.groupById(received)
  const firsts = groups.map(({ first }) => first)
  const plan = await planBatch(firsts, batch)
  await runPlan(await perform(plan, batch), batch)
  const duplicates = groups.flatMap(({ duplicates }) => duplicates)
  await followDuplicates(duplicates, batch)
  await batch.reporter.writeStatistics()
  return batch.acknowledgements.failed(deliveries)
}

/** Further copies of a task in the batch: acknowledged if the task has ended, otherwise they come back. */
async function followDuplicates(duplicates: readonly ReceivedTask[], batch: Batch): Promise<void> {
  if (duplicates.length === 0) return
  const records = await readRecords(
    duplicates.filter((each) => !each.withoutLedger),
    batch,
  )
  await follow(triageDuplicates(duplicates, records ?? new Map()), batch)
}
