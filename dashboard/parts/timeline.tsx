import type { AttemptRow, TaskDetail } from '../../shared/ports/insight.ts'
import { duration, exactTime, time, visible } from '../lib/format.ts'
import { now } from '../lib/live.ts'
import { Card } from './card.tsx'
import { kindOf, State } from './state.tsx'

const ticks = [0, 0.25, 0.5, 0.75, 1] as const

/** Attempts on one axis of time: dotted where it waited, solid where it ran. */
export function Timeline({ task }: { readonly task: TaskDetail }) {
  const runs: readonly AttemptRow[] =
    task.state === 'STARTED' && task.startedAt !== undefined
      ? [
          ...task.attempts,
          { attempt: task.attempt + 1, startedAt: task.startedAt, endedAt: now.value, outcome: 'STARTED' },
        ]
      : task.attempts
  if (runs.length === 0) {
    return (
      <Card title="Timeline">
        <p class="body muted">It has not been started.</p>
      </Card>
    )
  }
  const from = Math.min(task.enqueuedAt, runs[0]?.startedAt ?? task.enqueuedAt)
  const to = Math.max(...runs.map(({ endedAt }) => endedAt), from + 1)
  const ran = runs.reduce((sum, { startedAt, endedAt }) => sum + endedAt - startedAt, 0)
  const at = (instant: number): string => `${(((instant - from) / (to - from)) * 100).toFixed(3)}%`
  return (
    <Card
      title="Timeline"
      note={`${duration(to - from)} from enqueue to end: ${duration(ran)} running, ${duration(Math.max(0, to - from - ran))} waiting`}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: bars stand on an axis that a table has no cells for */}
      <div class="gantt" role="table" aria-label="Attempts">
        {/* biome-ignore lint/a11y/useSemanticElements: see above */}
        {/* biome-ignore lint/a11y/useFocusableInteractive: rows are only read */}
        <div class="g head" role="row">
          <Cell kind="columnheader">Attempt</Cell>
          <Cell kind="columnheader" class="track">
            {ticks.map((part) => (
              <span key={part} class="tk" style={{ left: `${part * 100}%` }}>
                {part === 0 ? time(from) : `+${duration((to - from) * part)}`}
              </span>
            ))}
          </Cell>
          <Cell kind="columnheader" class="num">
            Waited
          </Cell>
          <Cell kind="columnheader" class="num">
            Ran
          </Cell>
          <Cell kind="columnheader">Outcome</Cell>
        </div>
        {runs.map((run, index) => {
          const before = index === 0 ? from : (runs[index - 1]?.endedAt ?? from)
          return (
            // biome-ignore lint/a11y/useSemanticElements: see above
            // biome-ignore lint/a11y/useFocusableInteractive: rows are only read
            <div
              class="g"
              role="row"
              key={`${run.startedAt}`}
              title={run.error && `${run.error.name}: ${visible(run.error.message)}`}
            >
              <Cell kind="cell">
                <b>{run.attempt}</b>{' '}
                {task.maxAttempts !== undefined && <span class="muted">of {task.maxAttempts}</span>}
              </Cell>
              <Cell kind="cell" class="track">
                {ticks.map((part) => (
                  <i key={part} class="gl2" style={{ left: `${part * 100}%` }} />
                ))}
                <i class="wait" style={{ left: at(before), width: at(from + Math.max(0, run.startedAt - before)) }} />
                <i
                  class={`bar ${kindOf(run.outcome)}`}
                  title={exactTime(run.startedAt)}
                  style={{ left: at(run.startedAt), width: at(from + run.endedAt - run.startedAt) }}
                />
              </Cell>
              <Cell kind="cell" class="num muted">
                {duration(Math.max(0, run.startedAt - before))}
              </Cell>
              <Cell kind="cell" class="num">
                {duration(run.endedAt - run.startedAt)}
              </Cell>
              <Cell kind="cell">
                <State state={run.outcome} />
              </Cell>
            </div>
          )
        })}
      </div>
    </Card>
  )
}

function Cell({
  kind,
  class: name,
  children,
}: {
  readonly kind: 'cell' | 'columnheader'
  readonly class?: string
  readonly children: preact.ComponentChildren
}) {
  return (
    <span role={kind} class={name}>
      {children}
    </span>
  )
}
