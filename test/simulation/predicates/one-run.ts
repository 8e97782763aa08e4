import { isTerminal } from '../../../shared/core/states.ts'
import { definitionOf } from '../apps.ts'
import type { Change, Run } from '../journal.ts'
import { transitionOf } from '../transitions.ts'
import { type Predicate, skewMs } from './predicate.ts'

/** G2: a run begins on a claim of its own process, once, in its generation, while the lease lasts, and not before it is due or after it expired. */
export const runsHoldTheirClaim: Predicate = function* ({ runs }) {
  for (const { id, at, task, process, generation, record, holder, claimUsed, tag } of runs) {
    if (definitionOf(task).ledger === 'off') continue
    if (record === undefined) yield { id, at, message: `ran (${tag}) without a record` }
    else if (record.state !== 'STARTED') yield { id, at, message: `ran (${tag}) while ${record.state}` }
    else if (holder !== process) yield { id, at, message: `ran (${tag}) in ${process} on a claim of ${holder}` }
    else if (claimUsed) yield { id, at, message: `ran (${tag}) twice on one claim` }
    else if (record.generation !== generation)
      yield { id, at, message: `ran (${tag}) as generation ${generation} of a record at ${record.generation}` }
    else if ((record.leaseUntil ?? 0) + skewMs < at)
      yield { id, at, message: `ran (${tag}) ${at - (record.leaseUntil ?? 0)} ms after its lease` }
    else if ((record.availableAt ?? 0) - skewMs > at)
      yield { id, at, message: `ran (${tag}) ${(record.availableAt ?? 0) - at} ms early` }
    else if ((record.expires ?? Number.POSITIVE_INFINITY) + skewMs < at)
      yield { id, at, message: `ran (${tag}) after it expired` }
  }
}

/** G2: no run begins while another one of its task goes on, unless that one ignores its signal or its process does not answer. */
export const oneRunAtATime: Predicate = function* ({ runs, deaths }) {
  const dead = new Map(deaths.map(({ process, order }) => [process, order]))
  // Whoever blocked the event loop: nothing else in that process goes on.
  const blocked = new Map(
    runs.flatMap(({ process, blockedAt }) => (blockedAt === undefined ? [] : [[process, blockedAt]])),
  )
  const goingOn = new Map<string, Run[]>()
  for (const run of runs) {
    const { id, at, order, task, tag } = run
    if (definitionOf(task).ledger === 'off') continue
    const others = (goingOn.get(id) ?? []).filter(
      ({ endedAt = Number.POSITIVE_INFINITY, limitAt, process }) =>
        Math.min(endedAt, limitAt) > at && (dead.get(process) ?? Number.POSITIVE_INFINITY) > order,
    )
    for (const other of others) {
      if (!other.deaf && (blocked.get(other.process) ?? Number.POSITIVE_INFINITY) > at)
        yield { id, at, message: `began (${tag}) in ${run.process} while it ran in ${other.process}` }
    }
    goingOn.set(id, [...others, run])
  }
}

/** The record moves as the design says: by one version, out of a lease by its holder or after its end, out of a terminal state by a new generation. */
export const recordsMoveByTheRules: Predicate = function* ({ changes }) {
  const last = new Map<string, Change>()
  const leases = new Map<string, number>()
  for (const change of changes) {
    const { at, before, after, transition, process } = change
    const { id } = after
    const claim = last.get(id)
    const lease = leases.get(id) ?? 0
    if (transition) last.set(id, change)
    // A renewal that comes when the lease is over has come too late: its run has been ended, and others have seen that it was over.
    if (transition || at < lease - skewMs / 2) leases.set(id, after.leaseUntil ?? 0)
    if (before === undefined) continue
    if (!transition) {
      for (const field of ['v', 'state', 'generation', 'attempt', 'token'] as const) {
        if (before[field] !== after[field])
          yield { id, at, message: `a change that is no transition moved ${field} to ${after[field]}` }
      }
      continue
    }
    const name = transitionOf(before, after)
    if (name === undefined && !isReplacement(change)) {
      yield {
        id,
        at,
        message: `moved from ${before.state} (generation ${before.generation}) to ${after.state} (generation ${after.generation}) by ${process}`,
      }
      continue
    }
    if (isReplacement(change)) continue
    if (after.v !== before.v + 1) yield { id, at, message: `moved from v ${before.v} to v ${after.v}` }
    if (isTerminal(before.state) && after.generation <= before.generation)
      yield { id, at, message: `left ${before.state} in the same generation` }
    if (before.state === 'STARTED') {
      const leaseOver = lease - skewMs <= at
      const byHolder = after.token === before.token && process === claim?.process
      if (after.state === 'STARTED' ? !leaseOver : !leaseOver && !byHolder)
        yield {
          id,
          at,
          message: `${process} moved it to ${after.state} ${lease - at} ms before the lease of ${claim?.process} ended`,
        }
    }
    if (after.generation === before.generation + 2 && !['FAILURE', 'REVOKED', 'EXPIRED'].includes(before.state)) {
      if ((before.keyUntil ?? 0) - skewMs > at)
        yield { id, at, message: `its key was given away while ${before.state} held it` }
    }
  }
}

/** A record that had expired, and is enqueued anew as if it had never been. */
function isReplacement({ before, after, at }: Change): boolean {
  return before?.expiresAt !== undefined && before.expiresAt * 1_000 <= at && after.v === 1
}

/** Whoever lost the lease cannot settle; nor is there a run after SUCCESS. Covered by the rules of moves; here: one success each. */
export const oneSuccess: Predicate = function* ({ changes }) {
  const successes = new Set<string>()
  for (const { at, before, after, transition } of changes) {
    if (!transition || after.state !== 'SUCCESS') continue
    const opening = `${after.id} ${after.generation} ${after.enqueuedAt}`
    if (successes.has(opening))
      yield { id: after.id, at, message: `succeeded twice in generation ${after.generation} (was ${before?.state})` }
    successes.add(opening)
  }
}
