import type { QueueRow } from '../../shared/ports/insight.ts'
import { count, duration, percent } from '../lib/format.ts'
import { links } from '../lib/links.ts'
import { PauseButton } from './queue-actions.tsx'
import { Spark } from './spark.tsx'

export function QueueTable({
  queues,
  actions = false,
}: {
  readonly queues: readonly QueueRow[]
  readonly actions?: boolean
}) {
  return (
    <div class="scroll">
      <table class="tbl queues">
        <thead>
          <tr>
            <th>Queue</th>
            <th class="num">Waiting</th>
            <th class="p3">In flight</th>
            {actions && <th class="num p4">Delayed</th>}
            <th class="num p3">Oldest</th>
            <th class="num p2">Finished a minute</th>
            <th class="num">Failed</th>
            <th class="num p3">Wait p95</th>
            <th class="num p4">Empty in</th>
            <th class="num">Dead</th>
            {actions && (
              <th>
                <span class="hidden">Actions</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {queues.map((queue) => (
            <tr key={queue.queue}>
              <td>
                <a class="name" href={links.queue(queue.queue)}>
                  {queue.queue}
                </a>
                {queue.pausedAt !== undefined && <span class="pill retry gap">Paused</span>}
              </td>
              <td class={queue.waiting > 1_000 ? 'num name' : 'num'}>{count(queue.waiting)}</td>
              <td class="p3">
                <InFlight queue={queue} />
              </td>
              {actions && <td class="num muted p4">{count(queue.delayed)}</td>}
              <td class={(queue.oldestMs ?? 0) > 900_000 ? 'num t retry p3' : 'num p3'}>{duration(queue.oldestMs)}</td>
              <td class="num p2">
                <span class="rate">
                  <Spark values={queue.spark} kind={queue.pausedAt === undefined ? 'run' : 'idle'} />
                  <span class="rate-n">{count(queue.finishedPerMinute)}</span>
                </span>
              </td>
              <td class={(queue.failedShare ?? 0) >= 0.05 ? 'num name t bad' : 'num muted'}>
                {percent(queue.failedShare)}
              </td>
              <td class="num p3">{duration(queue.waitP95Ms)}</td>
              <td class="num muted p4">{duration(queue.emptyInMs)}</td>
              <td class={queue.dead > 0 ? 'num name t bad' : 'num muted'}>{count(queue.dead)}</td>
              {actions && (
                <td class="num">
                  <PauseButton queue={queue} small />
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

export function InFlight({ queue: { inFlight, concurrency } }: { readonly queue: QueueRow }) {
  if (concurrency === undefined) return <span class="muted">{count(inFlight)}</span>
  const share = Math.min(1, inFlight / concurrency)
  return (
    <span class={share >= 1 ? 'gauge retry' : 'gauge run'}>
      <i style={{ '--p': `${share * 100}%` }} />
      <span class="muted">
        {count(inFlight)} of {concurrency}
      </span>
    </span>
  )
}
