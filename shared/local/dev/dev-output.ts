import type { createColors } from 'picocolors'
import type { LogLine } from '../../../localstack/lambda/index.ts'
import type { TaskEvent } from '../../ports/telemetry.ts'
import type { DevStatus } from './dev-options.ts'
import { type FormatOptions, formatEvent, formatLog, formatStatus } from './format.ts'

/** Where `celeriac dev` tells what happens. */
export interface DevOutput {
  status(status: DevStatus): void
  event(event: TaskEvent): void
  log(line: LogLine): void
  /** For people only. */
  note(text: string): void
}

export interface PeopleOptions {
  readonly colors: ReturnType<typeof createColors>
  readonly folder: string
  /** Without the steps of tasks that go well, and without what they log. */
  readonly quiet: boolean
  readonly write: (text: string) => void
  readonly now: () => number
}

const troubles: ReadonlySet<TaskEvent['type']> = new Set(['failed', 'dead-lettered', 'suspect'])

/** Printed even with --quiet. */
export function isTrouble({ type }: TaskEvent): boolean {
  return troubles.has(type)
}

/** Lines to read. */
export function outputForPeople(options: PeopleOptions): DevOutput {
  const { colors, folder, quiet, write, now } = options
  let names = { prefix: '', queueWidth: 0 }
  const format = (): FormatOptions => ({ colors, folder, ...names })
  return {
    status(status) {
      if (status.type === 'ready') {
        names = {
          prefix: status.environment.CELERIAC_PREFIX ?? '',
          queueWidth: Math.max(...Object.keys(status.queues).map(({ length }) => length)),
        }
      }
      write(formatStatus(status, { colors, folder }))
    },
    event(event) {
      if (!quiet || isTrouble(event)) write(formatEvent(event, format()))
    },
    log(line) {
      if (!quiet) write(formatLog(line, now(), format()))
    },
    note: write,
  }
}

/** One JSON text a line: statuses and events as they are, `{"type":"log",…}` for what workers write. */
export function outputForPrograms(write: (text: string) => void): DevOutput {
  const tell = (value: object): void => write(JSON.stringify(value))
  return { status: tell, event: tell, log: (line) => tell({ type: 'log', ...line }), note() {} }
}
