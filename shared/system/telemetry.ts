import type { LogLevel, TaskEvent, Telemetry } from '../ports/telemetry.ts'

const rank: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 }

export interface ConsoleTelemetryOptions {
  /** Lines below this are not written. @default 'info' */
  readonly level?: LogLevel
  /** Writes one line, passed without a line break. @default standard error, so that a program's own output stays clean */
  readonly write?: (line: string) => void
  /** Epoch ms. @default Date.now */
  readonly now?: () => number
}

/**
 * Logs and task events as JSON lines, which CloudWatch Logs Insights and jq read as they are.
 *
 * Each step of a task is `debug`; what may need a look is `warn`; failures are `error`.
 *
 * @example
 * {"at":"2026-01-01T00:00:00.000Z","level":"error","message":"task failed","task":"emails.send","id":"…","attempt":4,"error":{…}}
 */
export function consoleTelemetry(options: ConsoleTelemetryOptions = {}): Telemetry {
  const least = rank[options.level ?? 'info']
  const write = options.write ?? ((line: string) => process.stderr.write(`${line}\n`))
  const now = options.now ?? Date.now
  const emit = (level: LogLevel, at: number, message: string, fields: object): void => {
    if (rank[level] < least) return
    try {
      write(lineOf({ at: new Date(at).toISOString(), level, message, ...fields }))
    } catch {
      // Telemetry never fails a task, and there is nowhere to report a lost line.
    }
  }
  return {
    event(event) {
      const { at, type, ...fields } = event
      emit(levelOf(event), at, `task ${type}`, fields)
    },
    log(level, message, fields = {}) {
      emit(level, now(), message, fields)
    },
  }
}

function levelOf(event: TaskEvent): LogLevel {
  switch (event.type) {
    case 'failed':
      return event.expected ? 'info' : 'error'
    case 'dead-lettered':
      return 'error'
    case 'retried':
    case 'suspect':
      return 'warn'
    default:
      return 'debug'
  }
}

function lineOf(entry: object): string {
  const above: object[] = []
  return JSON.stringify(entry, function (this: object, _key, value: unknown) {
    if (typeof value === 'bigint') return value.toString()
    if (value instanceof Error) return { name: value.name, message: value.message, stack: value.stack }
    if (typeof value !== 'object' || value === null) return value
    // `this` is the object that holds the value. The objects above it on the path must not occur again.
    while (above.length > 0 && above.at(-1) !== this) above.pop()
    if (above.includes(value)) return '[circular]'
    above.push(value)
    return value
  })
}
