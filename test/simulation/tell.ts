import type { Journal } from './journal.ts'
import type { History } from './simulate.ts'

/** The instant that every world begins at: 2026-01-01T00:00:00Z. */
const startAt = 1_767_225_600_000

/** A history for people: what was done, what went wrong, what happened, what should not have. */
export function tell({ plan, journal, misfortunes, violations }: History): string {
  const lines: string[] = []
  for (const { predicate, id, at, message } of violations.slice(0, 5))
    lines.push(
      `VIOLATED ${predicate}: ${message}${id === undefined ? '' : ` [${id}]`}${at === undefined ? '' : ` at ${seconds(at - startAt)}`}`,
    )
  const { seed, concurrency, containers } = plan
  const beside = containers === undefined ? '' : `, ${containers} container(s)`
  lines.push('', `Seed ${seed}, ${concurrency} invocation(s) at a time${beside}. Steps:`)
  for (const step of plan.steps) lines.push(`  ${seconds(step.at)} ${cut(JSON.stringify({ ...step, at: undefined }))}`)
  lines.push('Misfortunes:')
  for (const each of misfortunes) lines.push(`  ${cut(JSON.stringify(each))}`)
  lines.push('What happened:')
  const ids = new Set(violations.flatMap(({ id }) => (id === undefined ? [] : [id])))
  lines.push(...eventsOf(journal, ids))
  return lines.join('\n')
}

function eventsOf(journal: Journal, ids: ReadonlySet<string>): readonly string[] {
  const concerns = (id: string): boolean => ids.size === 0 || ids.has(id)
  const events: { order: number; at: number; text: string }[] = []
  for (const { order, at, process, before, after, transition } of journal.changes) {
    if (!concerns(after.id)) continue
    const how = transition ? `${before?.state ?? 'new'} → ${after.state}` : `${after.state} changed`
    events.push({
      order,
      at,
      text: `${after.id} ${how}, v ${after.v}, generation ${after.generation}, attempt ${after.attempt}${after.alone ? ', alone' : ''}, by ${process}`,
    })
  }
  for (const { order, at, id, attempt, generation, requestId, ended, endedAt } of journal.runs) {
    if (concerns(id))
      events.push({
        order,
        at,
        text: `${id} runs as attempt ${attempt} of generation ${generation} in ${requestId}${ended ? `, ${ended} at ${seconds((endedAt ?? at) - startAt)}` : ''}`,
      })
  }
  for (const { order, at, process } of journal.deaths) events.push({ order, at, text: `${process} dies` })
  for (const { order, answeredAt, at, id, answer, tag, error, generation } of journal.calls) {
    if (order !== undefined && (id === undefined || concerns(id)))
      events.push({
        order,
        at: answeredAt ?? at,
        text: `${id} ${answer} (${tag}${generation ? `, generation ${generation}` : ''})${error ? `: ${error.message}` : ''}`,
      })
  }
  events.sort((a, b) => a.order - b.order)
  return events.slice(0, 150).map(({ at, text }) => `  ${seconds(at - startAt)} ${text}`)
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(3)}s`.padStart(12)
}

function cut(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}
