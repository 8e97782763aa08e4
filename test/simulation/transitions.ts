import type { TaskRecord } from '../../shared/core/record.ts'
import type { RecordChange } from '../../shared/ports/index.ts'

/** Every transition that the design allows, by name: where from, where to. */
export const transitions = [
  'new→QUEUED',
  'new→STARTED',
  'QUEUED→STARTED',
  'RETRY→STARTED',
  'STARTED→STARTED alone',
  'STARTED→STARTED in company',
  'STARTED→SUCCESS',
  'STARTED→RETRY',
  'STARTED→FAILURE',
  'STARTED→QUEUED',
  'STARTED→IGNORED',
  'STARTED→REVOKED',
  'STARTED→EXPIRED',
  'QUEUED→QUEUED vouched',
  'QUEUED→REVOKED',
  'RETRY→REVOKED',
  'QUEUED→EXPIRED',
  'RETRY→EXPIRED',
  'QUEUED→FAILURE',
  'RETRY→FAILURE',
  'FAILURE→STARTED redriven',
  'FAILURE→FAILURE redriven',
  'FAILURE→QUEUED reopened',
  'REVOKED→QUEUED reopened',
  'EXPIRED→QUEUED reopened',
  'SUCCESS→QUEUED reopened',
  'IGNORED→QUEUED reopened',
] as const

export type Transition = (typeof transitions)[number]

const known: ReadonlySet<string> = new Set(transitions)

/** The name of a transition, or undefined when the design has none such. */
export function transitionOf(before: TaskRecord | undefined, after: Partial<TaskRecord>): Transition | undefined {
  const name = nameOf(before, after)
  return known.has(name) ? (name as Transition) : undefined
}

/** The transition that a change would make of a record. */
export function transitionWanted(before: TaskRecord | undefined, change: RecordChange): Transition | undefined {
  if (!change.transition || before === undefined || before.v !== change.v) return undefined
  return transitionOf(before, { ...before, ...change.set })
}

function nameOf(before: TaskRecord | undefined, after: Partial<TaskRecord>): string {
  if (before === undefined) return `new→${after.state}`
  const name = `${before.state}→${after.state}`
  if (after.generation !== before.generation)
    return after.generation === before.generation + 1 ? `${name} redriven` : `${name} reopened`
  if (name === 'STARTED→STARTED') return before.alone === true ? `${name} alone` : `${name} in company`
  if (name === 'QUEUED→QUEUED') return `${name} vouched`
  return name
}
