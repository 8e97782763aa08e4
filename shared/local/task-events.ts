import type { TaskEvent } from '../ports/telemetry.ts'

const types: ReadonlySet<string> = new Set<TaskEvent['type']>([
  'queued',
  'started',
  'succeeded',
  'retried',
  'failed',
  'dead-lettered',
  'snoozed',
  'requeued',
  'ignored',
  'revoked',
  'expired',
  'finished-again',
  'stale',
  'suspect',
  'handed-back',
])
const beginning = '{"at":"'
const messageStart = 'task '

/**
 * The task event that a line of console telemetry tells, or undefined when the line is anything else.
 *
 * @example
 * parseTaskEvent('{"at":"2026-01-01T00:00:00.000Z","level":"debug","message":"task started","queue":"emails","task":"emails.send","id":"…","attempt":1,"receiveCount":1}')
 */
export function parseTaskEvent(line: string): TaskEvent | undefined {
  if (!line.startsWith(beginning)) return undefined
  let entry: Record<string, unknown>
  try {
    entry = JSON.parse(line) as Record<string, unknown>
  } catch {
    return undefined
  }
  const { at, level: _level, message, ...fields } = entry
  if (typeof message !== 'string' || !message.startsWith(messageStart)) return undefined
  const type = message.slice(messageStart.length)
  const instant = Date.parse(String(at))
  const { queue, task, id } = fields
  const known = types.has(type) && typeof queue === 'string' && typeof task === 'string' && typeof id === 'string'
  if (!known || Number.isNaN(instant)) return undefined
  return { at: instant, type, ...fields } as TaskEvent
}
