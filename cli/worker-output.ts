import { format } from 'node:util'
import type { createColors } from 'picocolors'
import { readLogLevel } from '../shared/core/environment.ts'
import { queueName } from '../shared/core/names.ts'
import { counted } from '../shared/core/words.ts'
import { consoleTelemetry } from '../shared/index.ts'
import { type FormatOptions, formatEvent, formatLog, isTrouble } from '../shared/local/dev/index.ts'
import type { Telemetry } from '../shared/ports/index.ts'

/** Events of `celeriac worker` itself. */
export type WorkerStatus =
  | {
      readonly type: 'ready'
      readonly queues: readonly string[]
      readonly concurrency: number
      readonly tasks: readonly string[]
      /** Of the health endpoint. */
      readonly healthPort: number | undefined
    }
  /** Nothing more is received. `running`: tasks that are waited for. */
  | { readonly type: 'draining'; readonly running: number; readonly graceMs: number }
  /** `running`: tasks that did not finish within the grace. */
  | { readonly type: 'stopped'; readonly running: number }

/** Where `celeriac worker` tells what happens: to people as `celeriac dev` does, or one JSON text a line. */
export interface WorkerOutput {
  readonly telemetry: Telemetry
  status(status: WorkerStatus): void
}

export interface WorkerOutputOptions {
  readonly json: boolean
  /** Only what goes wrong. */
  readonly quiet: boolean
  readonly colors: ReturnType<typeof createColors>
  readonly folder: string
  readonly prefix: string
  readonly queues: readonly string[]
  readonly write: (text: string) => void
}

export function workerOutput(options: WorkerOutputOptions): WorkerOutput {
  return options.json ? forPrograms(options) : forPeople(options)
}

function forPeople({ colors, folder, prefix, queues, quiet, write }: WorkerOutputOptions): WorkerOutput {
  const queueWidth = Math.max(...queues.map(({ length }) => length))
  const how: FormatOptions = { colors, folder, prefix, queueWidth }
  return {
    telemetry: {
      event(event) {
        if (!quiet || isTrouble(event)) write(formatEvent(event, how))
      },
      log(level, message, fields = {}) {
        const { queue } = fields
        const functionName = typeof queue === 'string' ? queueName(prefix, queue) : 'worker'
        const line = (text: string): void =>
          write(formatLog({ functionName, requestId: undefined, stream: 'stderr', text }, Date.now(), how))
        consoleTelemetry({ level: leastLevel(quiet), write: line }).log(level, message, withoutStacks(fields))
      },
    },
    status(status) {
      if (!quiet || (status.type === 'stopped' && status.running > 0)) write(sentenceOf(status, colors))
    },
  }
}

/** Stacks are printed with --json only: here every failed poll would fill the terminal. */
function withoutStacks(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? String(value) : value]),
  )
}

function sentenceOf(status: WorkerStatus, colors: WorkerOutputOptions['colors']): string {
  switch (status.type) {
    case 'ready': {
      const { queues, concurrency, tasks, healthPort } = status
      const health = healthPort === undefined ? '' : ` Health at port ${healthPort}.`
      return `${colors.green('Ready')}: ${counted(tasks.length, 'task')} of ${queues.join(', ')}, ${concurrency} at a time.${health}`
    }
    case 'draining':
      return status.running === 0
        ? 'Stopping.'
        : `Finishing ${counted(status.running, 'task')}, for ${status.graceMs / 1_000} s at most. Ctrl-C again ends them at once.`
    case 'stopped':
      return status.running === 0
        ? 'Stopped.'
        : `${colors.yellow('Stopped')} although ${counted(status.running, 'task')} had not finished: another worker takes over within a minute.`
  }
}

function forPrograms({ quiet, write }: WorkerOutputOptions): WorkerOutput {
  const tell = (value: object): void => write(JSON.stringify(value))
  captureConsole((level, message) => {
    if (!quiet || level === 'error') tell({ type: 'log', at: Date.now(), level, message })
  })
  const logger = consoleTelemetry({
    level: leastLevel(quiet),
    write: (line) => tell({ type: 'log', ...(JSON.parse(line) as object), at: Date.now() }),
  })
  return {
    telemetry: {
      event(event) {
        if (!quiet || isTrouble(event)) tell(event)
      },
      log: logger.log,
    },
    status: tell,
  }
}

function leastLevel(quiet: boolean) {
  return quiet ? 'error' : readLogLevel(process.env)
}

const consoleLevels = { debug: 'debug', log: 'info', info: 'info', warn: 'warn', error: 'error' } as const

/** Tasks run in this process: their output would mix with the JSON lines. */
function captureConsole(onLine: (level: string, message: string) => void): void {
  for (const [method, level] of Object.entries(consoleLevels)) {
    console[method as keyof typeof consoleLevels] = (...values: readonly unknown[]) => onLine(level, format(...values))
  }
}
