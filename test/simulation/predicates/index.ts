import type { Journal } from '../journal.ts'
import { garbageIsPutAside, handlersDoNotReject } from './bad-input.ts'
import {
  aloneIsAlone,
  attemptsAreRuns,
  finishedRunsSettle,
  retriesAreHonoured,
  suspectsRunAlone,
} from './honest-attempts.ts'
import {
  acceptedTasksEnd,
  failuresHaveLetters,
  fireAndForgetEnds,
  inputsAreKept,
  nothingSurprises,
  queuesAreEmpty,
} from './nothing-lost.ts'
import { oneRunAtATime, oneSuccess, recordsMoveByTheRules, runsHoldTheirClaim } from './one-run.ts'
import type { Predicate, Violation } from './predicate.ts'
import { callersSeeTheResult, revokedTasksStayRevoked } from './results.ts'
import { oneKeyOneTask, refusalsAreKnown, refusedTasksDoNotRun } from './same-key.ts'

/** The guarantees, and what follows from them, by name. */
export const predicates = {
  'G1 accepted tasks end': acceptedTasksEnd,
  'G1 fire and forget ends': fireAndForgetEnds,
  'G1 inputs are kept': inputsAreKept,
  'G1 failures have letters': failuresHaveLetters,
  'G1 queues are empty': queuesAreEmpty,
  'G1 nothing surprises': nothingSurprises,
  'G2 runs hold their claim': runsHoldTheirClaim,
  'G2 records move by the rules': recordsMoveByTheRules,
  'G2 one run at a time': oneRunAtATime,
  'G2 one success': oneSuccess,
  'G3 one key, one task': oneKeyOneTask,
  'G3 refused tasks do not run': refusedTasksDoNotRun,
  'G3 refusals are known': refusalsAreKnown,
  'G4 attempts are runs': attemptsAreRuns,
  'G4 suspects run alone': suspectsRunAlone,
  'G4 alone is alone': aloneIsAlone,
  'G4 retries are honoured': retriesAreHonoured,
  'G4 finished runs settle': finishedRunsSettle,
  'G5 garbage is put aside': garbageIsPutAside,
  'G5 handlers do not reject': handlersDoNotReject,
  'callers see the result': callersSeeTheResult,
  'revoked tasks stay revoked': revokedTasksStayRevoked,
} as const satisfies Record<string, Predicate>

export type PredicateName = keyof typeof predicates

const own: readonly (readonly [string, Predicate])[] = Object.entries(predicates)

/** All violations in a journal. @param more predicates of one workload */
export function check(journal: Journal, more: Readonly<Record<string, Predicate>> = {}): readonly Violation[] {
  const violations: Violation[] = []
  for (const [predicate, look] of [...own, ...Object.entries(more)]) {
    for (const violation of look(journal)) violations.push({ predicate, ...violation })
  }
  return violations
}

export type { Predicate, Violation } from './predicate.ts'
