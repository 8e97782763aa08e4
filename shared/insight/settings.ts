import type { AppDefinition } from '../core/app.ts'
import { timesOf } from '../core/app.ts'
import { formatMs } from '../core/duration.ts'
import { deadQueueName, queueName } from '../core/names.ts'
import { longestTaskMs } from '../core/queue.ts'
import type { Setting } from '../ports/insight.ts'

/** A queue's settings from the app's definition, for display. */
export function settingsOf(app: AppDefinition, queue: string): readonly Setting[] {
  const definition = app.queues[queue]
  if (definition === undefined) return []
  const times = timesOf(app, queue)
  return [
    { name: 'Queue', value: queueName(app.prefix, queue) },
    { name: 'Dead-letter queue', value: deadQueueName(app.prefix, queue) },
    {
      name: 'Concurrency',
      value: definition.concurrency?.toString() ?? 'no limit',
      note: 'most invocations at a time',
    },
    { name: 'Batch size', value: String(definition.batchSize), note: 'messages an invocation' },
    { name: 'Parallelism', value: String(definition.parallelism), note: 'tasks of a batch at a time' },
    { name: 'Batch window', value: formatMs(definition.batchWindowMs) },
    { name: 'Time-out', value: formatMs(definition.timeoutMs), note: 'of an invocation' },
    { name: 'Longest task', value: formatMs(longestTaskMs(definition)), note: 'so that a full batch fits' },
    { name: 'Memory', value: `${definition.memoryMb} MB` },
    { name: 'Visibility', value: formatMs(times.visibilityMs), note: 'a crashed task comes again after this' },
    { name: 'Kept', value: formatMs(times.retentionMs), note: `dead letters ${formatMs(times.deadRetentionMs)}` },
  ]
}
