import type { LogLevel, TaskEvent, Telemetry } from '../ports/telemetry.ts'

export interface LogLine {
  readonly level: LogLevel
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

type EventOf<Type extends TaskEvent['type']> = TaskEvent & { readonly type: Type }

/** Telemetry that keeps every event and log line. */
export interface RecordingTelemetry extends Telemetry {
  readonly events: readonly TaskEvent[]
  readonly logs: readonly LogLine[]
  /** Recorded events of one type. */
  ofType<Type extends TaskEvent['type']>(type: Type): readonly EventOf<Type>[]
  /** The types of one task's events in the order they came: `['queued', 'started', 'succeeded']`. */
  storyOf(id: string): readonly TaskEvent['type'][]
  /** Resolves with the first event, recorded or to come, that matches: a signal to wait for instead of a sleep. */
  seen(matches: (event: TaskEvent) => boolean): Promise<TaskEvent>
  clear(): void
}

/** For tests: `telemetry.storyOf(id)` tells what happened to a task. */
export function recordingTelemetry(): RecordingTelemetry {
  const events: TaskEvent[] = []
  const logs: LogLine[] = []
  const watchers = new Set<(event: TaskEvent) => void>()
  return {
    events,
    logs,
    event(event) {
      events.push(event)
      for (const watch of [...watchers]) watch(event)
    },
    log(level, message, fields = {}) {
      logs.push({ level, message, fields })
    },
    ofType: <Type extends TaskEvent['type']>(type: Type) =>
      events.filter((event): event is EventOf<Type> => event.type === type),
    storyOf: (id) => events.filter((event) => event.id === id).map((event) => event.type),
    seen: (matches) =>
      new Promise((resolve) => {
        const earlier = events.find(matches)
        if (earlier !== undefined) {
          resolve(earlier)
          return
        }
        const watch = (event: TaskEvent) => {
          if (!matches(event)) return
          watchers.delete(watch)
          resolve(event)
        }
        watchers.add(watch)
      }),
    clear() {
      events.length = 0
      logs.length = 0
    },
  }
}
