import { useSignal } from '@preact/signals'
import { useLocation } from 'preact-iso'
import type { TaskRow } from '../../shared/ports/insight.ts'
import { ago, duration, exactTime, shortId, time, visible } from '../lib/format.ts'
import { useKeys } from '../lib/keys.ts'
import { links } from '../lib/links.ts'
import { now } from '../lib/live.ts'
import { State } from './state.tsx'

interface TaskTableProps {
  readonly tasks: readonly TaskRow[]
  /** Ids chosen with boxes; without it there are no boxes. */
  readonly selected?: ReadonlySet<string>
  onSelect?(id: string): void
  readonly when?: 'enqueued' | 'finished' | 'started'
  /** All of one cause: what they share is left out. */
  readonly brief?: boolean
}

/** Rows of tasks: `j` and `k` go through them, Enter opens one. */
export function TaskTable({ tasks, selected, onSelect, when = 'enqueued', brief = false }: TaskTableProps) {
  const { route } = useLocation()
  const at = useSignal(-1)
  const go = (by: number) => () => {
    at.value = Math.max(0, Math.min(tasks.length - 1, at.value + by))
    document.querySelectorAll<HTMLAnchorElement>('.tasks tbody a.task')[at.value]?.focus()
  }
  useKeys({
    j: go(1),
    k: go(-1),
    ...(onSelect && {
      x: () => {
        const row = tasks[at.value]
        if (row) onSelect(row.id)
      },
    }),
    Enter: () => {
      const row = tasks[at.value]
      if (row) route(links.task(row.id))
    },
  })
  const heading = { enqueued: 'Enqueued', finished: 'Ended', started: 'Started' }[when]
  return (
    <div class="scroll">
      <table class="tbl dense tasks">
        <thead>
          <tr>
            {onSelect && (
              <th class="box">
                <span class="hidden">Choose</span>
              </th>
            )}
            <th>{heading}</th>
            {!brief && <th>State</th>}
            <th>Task</th>
            <th class="p3">Id</th>
            {!brief && <th class="p4">Queue</th>}
            <th class="num p3">Attempts</th>
            <th class="num p2">Wait</th>
            <th class="num p2">Run</th>
            <th class="p3">{brief ? 'Message' : 'Error'}</th>
          </tr>
        </thead>
        <tbody>
          {tasks.map((task) => {
            const instant =
              (when === 'finished' ? task.finishedAt : when === 'started' ? task.startedAt : undefined) ??
              task.enqueuedAt
            return (
              <tr key={task.id}>
                {onSelect && (
                  <td class="box">
                    <input
                      type="checkbox"
                      aria-label={`Choose ${task.id}`}
                      checked={selected?.has(task.id) ?? false}
                      onChange={() => onSelect(task.id)}
                    />
                  </td>
                )}
                <td class="muted" title={`${exactTime(instant)}, ${ago(instant, now.value)}`}>
                  {time(instant)}
                </td>
                {!brief && (
                  <td>
                    <State state={task.state} />
                  </td>
                )}
                <td>
                  <a class="task name" href={links.task(task.id)}>
                    {visible(task.task)}
                  </a>
                </td>
                <td class="mono muted p3">{shortId(task.id)}</td>
                {!brief && <td class="muted p4">{task.queue}</td>}
                <td class="num p3">{task.attempt}</td>
                <td class="num muted p2">{duration(task.waitMs)}</td>
                <td class="num p2">{duration(task.runMs)}</td>
                <td class="p3 cut error-cell" title={task.error?.message}>
                  {task.error && (
                    <>
                      {!brief && <b class="t bad">{visible(task.error.name)} </b>}
                      <span class="muted">{visible(task.error.message)}</span>
                    </>
                  )}
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
