import { definitionOf } from '../apps.ts'
import type { Change, Death, Journal, Run } from '../journal.ts'
import { type Predicate, skewMs } from './predicate.ts'

/** G4: an attempt is spent by a run of the task's own code that ended, or by a crash that was its own. */
export const attemptsAreRuns: Predicate = function* (journal) {
  const { changes } = journal
  const claims = new Map<string, Change>()
  const deaths = new Map(journal.deaths.map((death) => [death.process, death]))
  const runs = runsByClaim(journal)
  for (const change of changes) {
    const { before, after, transition, at, process } = change
    const { id } = after
    const claim = claims.get(id)
    if (transition && after.state === 'STARTED') claims.set(id, change)
    if (!transition || before === undefined || after.generation !== before.generation || after.v === 1) continue
    const spent = after.attempt - before.attempt
    if (spent !== 0 && spent !== 1) yield { id, at, message: `attempt went from ${before.attempt} to ${after.attempt}` }
    if (before.state !== 'STARTED' || claim === undefined) {
      if (spent !== 0) yield { id, at, message: `an attempt was spent in ${before.state}, without a run` }
      continue
    }
    const run = runs.get(claimKey(id, claim))
    const settledByHolder = after.state !== 'STARTED' && process === claim.process && after.token === before.token
    if (settledByHolder) {
      if (spent === 1 && run === undefined)
        yield { id, at, message: `an attempt was spent on ${after.state} without a run` }
      continue
    }
    if (spent === 0) continue
    // Somebody else spent an attempt for a run that was not settled.
    const death = deaths.get(claim.process)
    if (before.alone !== true) yield { id, at, message: 'a crash in company was counted' }
    else if (run === undefined) {
      if (death === undefined)
        yield { id, at, message: `a crash was counted, but nothing ran, and ${claim.process} lives` }
    } else if (goesOn(run, death, at)) {
      yield { id, at, message: 'a crash was counted of a run that goes on' }
    } else if (death !== undefined && death.at <= (before.leaseUntil ?? at) + skewMs && !wasAsked(journal, claim)) {
      const others = companyAt(death, claim, changes, runs)
      if (others.length > 0)
        yield { id, at, message: `counted as alone, but ${claim.process} also ran ${others.join(', ')} when it died` }
    }
  }
}

function goesOn({ endedAt, blockedAt, limitAt }: Run, death: Death | undefined, at: number): boolean {
  return endedAt === undefined && blockedAt === undefined && limitAt > at && (death === undefined || death.at > at)
}

/** A run that ended, and whose settlement did not get through, is an attempt all the same. */
function wasAsked({ settlings }: Journal, claim: Change): boolean {
  return settlings.some(({ process, id, at }) => process === claim.process && id === claim.after.id && at >= claim.at)
}

/** Other tasks that the process had claimed and started, and not settled, when it died. */
function companyAt(
  death: Death,
  own: Change,
  changes: readonly Change[],
  runs: ReadonlyMap<string, Run>,
): readonly string[] {
  const open = new Map<string, Change>()
  for (const change of changes) {
    if (change.order > death.order || !change.transition) continue
    const { id } = change.after
    if (change.after.state === 'STARTED' && change.process === death.process) open.set(id, change)
    else if (change.after.state !== 'STARTED' || change.process !== death.process) open.delete(id)
  }
  open.delete(own.after.id)
  return [...open].flatMap(([id, claim]) => {
    const run = runs.get(claimKey(id, claim))
    // One that had returned or run into its limit, and waited to be settled, is no company.
    return run === undefined || run.endedAt !== undefined || run.limitAt <= death.at ? [] : [id]
  })
}

/** A suspect's next run is alone, so that its crash is known to be its own. */
export const suspectsRunAlone: Predicate = function* ({ changes }) {
  for (const { before, after, at, transition } of changes) {
    if (
      !transition ||
      before?.state !== 'STARTED' ||
      after.state !== 'STARTED' ||
      after.generation !== before.generation
    )
      continue
    if (after.alone !== true)
      yield { id: after.id, at, message: 'a task whose last run crashed was claimed in company' }
  }
}

/** A claim that says "alone" is alone: nothing else begins in its process until it is settled, or its lease has ended. */
export const aloneIsAlone: Predicate = function* ({ runs, changes, deaths }) {
  const dead = new Map(deaths.map((death) => [death.process, death.order]))
  for (const run of runs) {
    if (run.record?.alone !== true) continue
    const left = changes.find(
      ({ after, order, transition }) =>
        transition && after.id === run.id && order > run.order && after.v > (run.record?.v ?? 0),
    )
    const until = Math.min(left?.order ?? Number.POSITIVE_INFINITY, dead.get(run.process) ?? Number.POSITIVE_INFINITY)
    const leaseUntil = left?.before?.leaseUntil ?? Number.POSITIVE_INFINITY
    // The same invocation alone: what a frozen environment left behind belongs to an earlier one.
    const other = runs.find((each) => each.requestId === run.requestId && each.order > run.order && each.order < until)
    if (other !== undefined && other.at < leaseUntil - skewMs)
      yield { id: run.id, at: other.at, message: `ran alone, and ${other.id} began beside it` }
  }
}

/** What always throws has all of its retries, and not one more. */
export const retriesAreHonoured: Predicate = function* (journal) {
  const { calls, changes } = journal
  const mostOf = new Map<string, number>()
  for (const { id, step } of calls) {
    if (id === undefined) continue
    const policy = definitionOf(step.task).retry
    const override = step.kind === 'enqueue' ? step.maxRetries : undefined
    const most = override ?? (policy.automatic ? policy.maxRetries : 0)
    mostOf.set(id, Math.max(most, mostOf.get(id) ?? 0))
  }
  const claims = new Map<string, Change>()
  const runs = runsByClaim(journal)
  for (const change of changes) {
    const { before, after, at, transition } = change
    const claim = claims.get(after.id)
    if (transition && after.state === 'STARTED') claims.set(after.id, change)
    const most = mostOf.get(after.id)
    if (!transition || most === undefined || before === undefined) continue
    if (after.state === 'RETRY' && after.attempt > most + 1)
      yield { id: after.id, at, message: `RETRY after ${after.attempt} attempts, ${most} retries are allowed` }
    if (after.attempt > Math.max(most + 1, 4))
      yield { id: after.id, at, message: `${after.attempt} attempts, ${most} retries are allowed` }
    const run = claim === undefined ? undefined : runs.get(claimKey(after.id, claim))
    const threw = run?.ended === 'throw' && after.reason === 'failure' && after.state === 'FAILURE'
    if (threw && after.task !== 'keyed' && after.attempt <= most && !isOverridden(after.id))
      yield {
        id: after.id,
        at,
        message: `FAILURE after ${after.attempt} attempts, although ${most} retries are allowed`,
      }
  }
  function isOverridden(id: string): boolean {
    return calls.filter((call) => call.id === id).length > 1
  }
}

/** A run that returned is settled by its process within half a minute, whatever else runs there. */
export const finishedRunsSettle: Predicate = function* ({ runs, deaths, settlings, troubledAt }) {
  const stopped = new Map(deaths.map(({ process, at }) => [process, at]))
  for (const { process, blockedAt } of runs) {
    if (blockedAt !== undefined) stopped.set(process, Math.min(blockedAt, stopped.get(process) ?? blockedAt))
  }
  const asked = new Set(settlings.map(({ process, id }) => `${process} ${id}`))
  for (const { id, endedAt, process, record, tag } of runs) {
    const stoppedAt = stopped.get(process)
    if (endedAt === undefined || stoppedAt === undefined || record === undefined) continue
    // A request that hangs may hold up the next one.
    if ((troubledAt.get(process) ?? Number.POSITIVE_INFINITY) < stoppedAt) continue
    if (stoppedAt - endedAt > 30_000 && !asked.has(`${process} ${id}`))
      yield {
        id,
        at: stoppedAt,
        message: `had returned (${tag}) ${stoppedAt - endedAt} ms before its process stopped, and was not settled`,
      }
  }
}

function runsByClaim({ runs }: Journal): ReadonlyMap<string, Run> {
  const byClaim = new Map<string, Run>()
  for (const run of runs) {
    if (run.record !== undefined) byClaim.set(`${run.id} ${run.record.v} ${run.record.token}`, run)
  }
  return byClaim
}

function claimKey(id: string, { after }: Change): string {
  return `${id} ${after.v} ${after.token}`
}
