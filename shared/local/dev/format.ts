import type { createColors } from 'picocolors'
import type { LogLine } from '../../../localstack/lambda/index.ts'
import { routeOf } from '../../core/names.ts'
import type { ErrorData } from '../../core/record.ts'
import { counted } from '../../core/words.ts'
import type { TaskEvent } from '../../ports/telemetry.ts'
import { ownFrames, shownPath } from '../stack-frames.ts'
import type { DevStatus } from './dev-options.ts'

export interface FormatOptions {
  readonly colors: ReturnType<typeof createColors>
  /** Paths are shown from here. */
  readonly folder: string
  /** Of the app's names: it is left out. */
  readonly prefix: string
  /** Of the queue column. */
  readonly queueWidth: number
  /** Minutes that local time is ahead of UTC. @default the machine's */
  readonly offsetMinutes?: number
}

/** The part of an id that differs between tasks of one moment. */
const shownIdLength = 8
const shownFrames = 2

/**
 * One event as one line; a failure is followed by where it happened.
 *
 * @example
 * 12:03:04.567 emails  emails.send 9f0c11d2  retried   attempt 1 failed, again in 30 s: Error: greylisted (src/send.ts:12:9)
 */
export function formatEvent(event: TaskEvent, options: FormatOptions): string {
  const { colors } = options
  const { word, text, paint } = wordsOf(event, options)
  const id = colors.dim(event.id.slice(-shownIdLength))
  return [
    `${beginning(event.at, event.queue, options)} ${event.task} ${id}  ${paint(word)}${text === '' ? '' : `  ${text}`}`,
    ...framesOf(event, options),
  ].join('\n')
}

interface Words {
  readonly word: string
  readonly text: string
  readonly paint: (text: string) => string
}

function wordsOf(event: TaskEvent, { colors, folder }: FormatOptions): Words {
  switch (event.type) {
    case 'queued': {
      const waitMs = (event.availableAt ?? 0) - event.at
      return { word: 'queued', text: waitMs > 0 ? `due in ${span(waitMs)}` : '', paint: colors.dim }
    }
    case 'started':
      return { word: 'started', text: event.attempt > 1 ? `attempt ${event.attempt}` : '', paint: colors.cyan }
    case 'succeeded':
      return {
        word: 'succeeded',
        text: `in ${span(event.runMs)}, ${span(event.waitMs)} in the queue`,
        paint: colors.green,
      }
    case 'retried': {
      const place = ownFrames(event.error.stack, folder)[0]?.place
      const error = `${headline(event.error)}${place === undefined ? '' : ` (${place})`}`
      return {
        word: 'retried',
        text: `attempt ${event.attempt} failed, again in ${span(event.delayMs)}: ${error}`,
        paint: colors.yellow,
      }
    }
    case 'failed':
      return {
        word: 'failed',
        text: `attempt ${event.attempt}, the last${event.expected ? ', as expected' : ''}: ${headline(event.error)}`,
        paint: event.expected ? colors.yellow : colors.red,
      }
    case 'dead-lettered':
      return { word: 'dead letter', text: event.reason, paint: colors.red }
    case 'snoozed':
    case 'requeued':
      return { word: event.type, text: `for ${span(event.delayMs)}`, paint: colors.yellow }
    case 'handed-back':
      return { word: 'handed back', text: '', paint: colors.dim }
    case 'finished-again':
      return { word: 'came again', text: 'finished before, acknowledged', paint: colors.dim }
    case 'suspect':
      return { word: 'suspect', text: 'its process died; it runs alone next', paint: colors.yellow }
    case 'stale':
      return { word: 'stale', text: 'a message of a former opening, acknowledged', paint: colors.dim }
    case 'ignored':
    case 'revoked':
    case 'expired':
      return { word: event.type, text: '', paint: colors.yellow }
  }
}

/** Where a task failed for good: the first lines of its stack that are the user's own. */
function framesOf(event: TaskEvent, { colors, folder }: FormatOptions): readonly string[] {
  if (event.type !== 'failed' || event.expected) return []
  const frames = ownFrames(event.error.stack, folder).slice(0, shownFrames)
  return frames.map(({ name, place }) => colors.dim(`    at ${name === '' ? place : `${name} (${place})`}`))
}

function headline({ name, message }: ErrorData): string {
  return `${name}: ${message.split('\n')[0] ?? ''}`
}

/** A line of a worker: what a task logged with ctx.log, a line of console.*, or anything else as it is. */
export function formatLog({ functionName, text }: LogLine, at: number, options: FormatOptions): string {
  const { colors } = options
  const { level, message, task, id } = logEntry(text)
  const queue = routeOf(options.prefix, functionName) ?? functionName
  const paint = level === 'error' ? colors.red : level === 'warn' ? colors.yellow : colors.dim
  const owner = task === undefined ? '' : ` ${task} ${colors.dim(id.slice(-shownIdLength))} `
  return `${beginning(at, queue, options)}${owner} ${paint(level)}  ${message.replaceAll('\n', '\n    ')}`
}

interface LogEntry {
  readonly level: string
  readonly message: string
  /** That logged it. */
  readonly task: string | undefined
  readonly id: string
}

function logEntry(text: string): LogEntry {
  const plain = { task: undefined, id: '' }
  const [instant, , level, ...rest] = text.split('\t')
  if (level !== undefined && /^\d{4}-\d\d-\d\dT/.test(instant ?? '')) {
    return { level: level.toLowerCase(), message: rest.join('\t').replaceAll('\r', '\n'), ...plain }
  }
  if (text.startsWith('{"at":')) {
    try {
      const {
        at: _at,
        level: said,
        message,
        queue: _queue,
        attempt: _attempt,
        task,
        id,
        ...fields
      } = JSON.parse(text) as Record<string, unknown>
      const more = Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields)}`
      return {
        level: String(said),
        message: `${String(message)}${more}`,
        task: typeof task === 'string' ? task : undefined,
        id: String(id ?? ''),
      }
    } catch {
      // JSON of other code.
    }
  }
  return { level: 'log', message: text, ...plain }
}

/** For people; machines read the status itself. */
export function formatStatus(status: DevStatus, options: Pick<FormatOptions, 'colors' | 'folder'>): string {
  const { colors, folder } = options
  switch (status.type) {
    case 'ready':
      return [
        `${colors.green('Ready')} in ${span(status.tookMs)}: ${counted(status.tasks.length, 'task')} in ${counted(Object.keys(status.queues).length, 'queue')}.`,
        `  SQS       ${status.endpoints.sqs}`,
        `  DynamoDB  ${status.endpoints.dynamodb}  table ${status.table}`,
        `  Dashboard npx celeriac dashboard --endpoint sqs=${status.endpoints.sqs},dynamodb=${status.endpoints.dynamodb}`,
        colors.dim('  For other processes:'),
        ...Object.entries(status.environment).map(([name, value]) => colors.dim(`    export ${name}=${value}`)),
      ].join('\n')
    case 'reloaded': {
      const files = status.files.map((file) => shownPath(file, folder)).join(', ')
      return `${colors.green('Reloaded')} in ${span(status.tookMs)}${files === '' ? '' : `: ${files}`}.`
    }
    case 'not-loaded':
      return `${colors.red('Not loaded')}: ${status.problem}\n${colors.dim(status.goesOn ? '  The former version goes on. Waiting for a change.' : '  Waiting for a change.')}`
    case 'problem':
      return `${colors.yellow('Problem')}: ${status.problem}`
  }
}

function beginning(at: number, queue: string, { colors, queueWidth, offsetMinutes }: FormatOptions): string {
  const offset = offsetMinutes ?? -new Date(at).getTimezoneOffset()
  const time = new Date(at + offset * 60_000).toISOString().slice(11, 23)
  return `${colors.dim(time)} ${colors.bold(queue.padEnd(queueWidth))}`
}

function span(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 120_000) return `${Number((ms / 1_000).toFixed(1))} s`
  if (ms < 7_200_000) return `${Number((ms / 60_000).toFixed(1))} min`
  return `${Number((ms / 3_600_000).toFixed(1))} h`
}
