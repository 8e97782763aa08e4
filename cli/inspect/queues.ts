import type { QueueReport } from '../../shared/index.ts'
import { type Column, instantText, type Output } from '../output.ts'

export function showQueues(queues: readonly QueueReport[], output: Output): void {
  if (output.json) return output.data(queues.map((report) => ({ ...report, counts: { ...none, ...report.counts } })))
  output.table(queues, columns)
  const [first] = queues
  if (first !== undefined) output.note(`succeeded, retried and failed since ${instantText(first.since)}`)
}

/** Programs get 0 for counters that do not exist yet. */
const none = Object.fromEntries(
  ['succeeded', 'failed', 'retried', 'expired', 'revoked', 'ignored', 'snoozed', 'dead', 'runMs'].map((name) => [
    name,
    0,
  ]),
)

const columns: readonly Column<QueueReport>[] = [
  { title: 'queue', value: ({ queue, pausedAt }) => (pausedAt === undefined ? queue : `${queue} (paused)`) },
  ...(['waiting', 'inFlight', 'delayed', 'dead'] as const).map(
    (name): Column<QueueReport> => ({
      title: name === 'inFlight' ? 'running' : name,
      value: (report) => String(report[name]),
      align: 'right',
    }),
  ),
  ...(['succeeded', 'retried', 'failed'] as const).map(
    (name): Column<QueueReport> => ({ title: name, value: ({ counts }) => String(counts[name] ?? 0), align: 'right' }),
  ),
]
