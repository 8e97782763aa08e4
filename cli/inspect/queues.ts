import type { QueueReport } from '../../shared/index.ts'
import type { Column, Output } from '../output.ts'

export function showQueues(queues: readonly QueueReport[], output: Output): void {
  if (output.json) return output.data(queues)
  output.table(queues, columns)
  const [first] = queues
  if (first !== undefined) output.note(`succeeded, retried and failed since ${first.since.toLocaleString()}`)
}

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
