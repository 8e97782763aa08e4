import type { TaskRecord } from '../../../shared/core/record.ts'
import { isTerminal } from '../../../shared/core/states.ts'
import { definitionOf } from '../apps.ts'
import type { Journal } from '../journal.ts'
import type { Predicate } from './predicate.ts'

/** G1: what was accepted reaches a terminal state, or its message lies in a dead-letter queue. */
export const acceptedTasksEnd: Predicate = function* (journal) {
  const records = new Map(journal.records.map((record) => [record.id, record]))
  const dead = deadEpochs(journal)
  for (const { id, answer, step, tag } of journal.calls) {
    if (answer !== 'accepted' || id === undefined || definitionOf(step.task).ledger === 'off') continue
    const record = records.get(id)
    // A record that a sweep removed had ended: nothing else expires.
    if (record === undefined) {
      const wasEnded = journal.changes.some(({ after }) => after.id === id && isTerminal(after.state))
      if (!wasEnded && !dead.has(id))
        yield { id, message: `accepted (${tag}), and there is neither record nor dead letter` }
    } else if (!isTerminal(record.state) && !dead.has(id) && !isUnanswered(journal, record)) {
      yield { id, message: `accepted (${tag}), and at the end it is still ${record.state} at v ${record.v}` }
    }
  }
}

/** Its last opening was by an enqueue that never answered: its caller died between record and message, and nothing was accepted. */
function isUnanswered({ changes, calls }: Journal, { id, generation }: TaskRecord): boolean {
  const opening = changes.find(({ after }) => after.id === id && after.generation === generation)
  return (
    opening?.process.startsWith('client') === true &&
    !calls.some((call) => call.id === id && call.generation === generation && call.answer === 'accepted')
  )
}

/** G1 with the ledger off: it ran to its end, expired, or its message lies in a dead-letter queue. */
export const fireAndForgetEnds: Predicate = function* (journal) {
  const dead = deadEpochs(journal)
  for (const { id, answer, step, tag } of journal.calls) {
    if (answer !== 'accepted' || id === undefined || definitionOf(step.task).ledger !== 'off') continue
    const ended = journal.runs.some((run) => run.id === id && run.endedAt !== undefined && run.ended !== 'aborted')
    const expires = step.kind === 'enqueue' && step.expiresMs !== undefined
    if (!ended && !expires && !dead.has(id))
      yield { id, message: `accepted (${tag}), and it neither ran nor lies among the dead` }
  }
}

/** What is shown of a task, and sent again when its message is lost, is there when it runs: the input beside its record. */
export const inputsAreKept: Predicate = function* ({ runs }) {
  for (const { id, at, attempt, inputMissing } of runs)
    if (inputMissing)
      yield { id, at, message: `runs as attempt ${attempt}, and the input that its record names is gone` }
}

/** Every dead letter of a record that ended so was sent, before its message was acknowledged. */
export const failuresHaveLetters: Predicate = function* (journal) {
  const dead = deadEpochs(journal)
  for (const { id, state, reason, generation, forgotten } of journal.records) {
    if (state !== 'FAILURE' || reason === undefined || forgotten) continue
    if (!dead.get(id)?.has(generation + 1))
      yield { id, message: `FAILURE (${reason}) in generation ${generation} without its dead letter` }
  }
}

/** Nothing is left in the queues when nothing happens any more. */
export const queuesAreEmpty: Predicate = function* ({ leftovers }) {
  for (const { queue, body } of leftovers) yield { message: `left in ${queue}: ${body.slice(0, 200)}` }
}

/** Bulk enqueues and all other steps end without an error of their own. */
export const nothingSurprises: Predicate = function* ({ surprises }) {
  for (const { at, what, error } of surprises)
    yield { at, message: `${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}` }
}

/** Tasks whose message lies in a dead-letter queue, each with the generations that a redrive would open. */
function deadEpochs(journal: Journal): ReadonlyMap<string, ReadonlySet<number>> {
  const known = epochsOf.get(journal)
  if (known !== undefined) return known
  const dead = new Map<string, Set<number>>()
  for (const { body } of journal.letters) {
    const { id, generation = 0 } = letterOf(body)
    if (id === undefined) continue
    const generations = dead.get(id)
    if (generations === undefined) dead.set(id, new Set([generation]))
    else generations.add(generation)
  }
  epochsOf.set(journal, dead)
  return dead
}

/** Read once for all predicates that look at it: what is in a journal when they do is all that will be. */
const epochsOf = new WeakMap<Journal, ReadonlyMap<string, ReadonlySet<number>>>()

function letterOf(body: string): { readonly id?: string; readonly generation?: number } {
  try {
    return (JSON.parse(body) as { readonly id?: string; readonly generation?: number } | null) ?? {}
  } catch {
    return {}
  }
}
