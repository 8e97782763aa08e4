import { hash } from 'node:crypto'
import type { CanvasNode } from './canvas.ts'
import { DefinitionError } from './errors.ts'
import { canonicalText, type Json } from './json.ts'
import type { ResolvedRules, When } from './schedule.ts'

/** What a schedule starts, when, and by which rules. */
export interface ScheduleSpec {
  readonly when: When
  /** One call today. The format can hold a whole canvas. */
  readonly canvas: readonly CanvasNode[]
  readonly rules: ResolvedRules
}

/** Defined in code, and synchronised by the tick of the code that is deployed; or created at run time. */
export type ScheduleSource = 'code' | 'api'

/** One schedule as stored: everything about it is this one item. Instants in epoch ms, except `expiresAt`. */
export interface ScheduleRecord {
  readonly name: string
  /** Rises with every write: each write expects the version that it read. */
  readonly v: number
  /** Rises with every change of the schedule. Due items of an earlier generation are stale. */
  readonly generation: number
  /** JSON text of the ScheduleSpec. */
  readonly spec: string
  /** Hash of the spec: shows whether a deploy changes it. */
  readonly hash: string
  readonly source: ScheduleSource
  /** The first occurrence not yet released. Absent: the schedule has finished or was removed. */
  readonly nextAt?: number
  /** The last occurrence that was released. */
  readonly lastAt?: number
  /** Its task's id. */
  readonly lastId?: string
  /** Occurrences released so far. */
  readonly fired: number
  /** Occurrences that were late and passed over by the schedule's rules. */
  readonly missed: number
  /** Why the last occurrence could not be enqueued. */
  readonly error?: string
  readonly pausedAt?: number
  /** Time of removal. The record stays as a tombstone, so that it is not created again without its past. */
  readonly removedAt?: number
  /** DynamoDB's TTL attribute, epoch seconds. */
  readonly expiresAt?: number
}

/** A tombstone is kept for 30 days. */
export const tombstoneMs = 30 * 86_400_000

export function specText(spec: ScheduleSpec): string {
  return JSON.stringify(spec)
}

/** The hash of a spec. The order of its keys does not matter. */
export function specHash(spec: ScheduleSpec): string {
  return hash('sha256', canonicalText(spec as unknown as Json), 'base64url').slice(0, 22)
}

/** A schedule as code or a caller defines it, checked. */
export interface ScheduleDefinition {
  readonly name: string
  readonly spec: ScheduleSpec
  readonly hash: string
}

/** The hash of all schedules. Their order does not matter. */
export function schedulesHash(definitions: Iterable<ScheduleDefinition>): string {
  const lines = [...definitions].map(({ name, hash }) => `${name} ${hash}`)
  return hash('sha256', lines.sort().join('\n'), 'base64url').slice(0, 22)
}

/** The spec of a record. A newer version of this package may have stored what this one cannot read. */
export function specOf(record: ScheduleRecord): ScheduleSpec {
  const spec = JSON.parse(record.spec) as ScheduleSpec
  if (!['cron', 'every', 'solar', 'once'].includes(spec.when.kind) || spec.canvas[0]?.kind !== 'call') {
    throw new DefinitionError(
      `schedule '${record.name}': expected a spec that this version knows, received ${record.spec.slice(0, 80)}. Deploy the newer version.`,
    )
  }
  return spec
}
