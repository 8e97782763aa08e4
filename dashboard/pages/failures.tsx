import { useSignal } from '@preact/signals'
import { useRoute } from 'preact-iso'
import type { Cause, CauseDetail, CausesAnswer, Count } from '../../shared/ports/insight.ts'
import { act } from '../lib/api.ts'
import { facts, mayAct } from '../lib/app-facts.ts'
import { count, visible } from '../lib/format.ts'
import { links } from '../lib/links.ts'
import { now } from '../lib/live.ts'
import { query, type RangeName, rangeIn, ranges, setQuery } from '../lib/range.ts'
import { useResource } from '../lib/resource.ts'
import { Card, Empty, HowFar, Skeleton } from '../parts/card.tsx'
import { stretchOf } from '../parts/cause-list.tsx'
import { Chart } from '../parts/chart.tsx'
import { Icon } from '../parts/icon.tsx'
import { RetryDialog } from '../parts/retry-dialog.tsx'
import { Shell } from '../parts/shell.tsx'
import { Spark } from '../parts/spark.tsx'
import { TaskTable } from '../parts/task-table.tsx'

/** What is broken, and mend it. */
export function FailuresPage() {
  const { fingerprint } = useRoute().params
  const range = rangeIn('24h')
  const queue = query.value.get('queue') ?? ''
  const words = `last=${ranges[range]}${queue === '' ? '' : `&queue=${encodeURIComponent(queue)}`}`
  const { value, problem } = useResource<CausesAnswer>(`/failures?${words}`)
  const order = useSignal<'count' | 'newest'>('count')
  const causes = [...(value?.causes ?? [])].sort((a, b) =>
    order.value === 'newest' ? b.lastAt - a.lastAt : b.count - a.count,
  )
  const chosen = fingerprint ?? causes[0]?.fingerprint
  return (
    <Shell
      page="Failures"
      title={<h1>Failures</h1>}
      ranges={['1h', '24h', '7d', '14d'] satisfies RangeName[]}
      range={range}
      problem={problem}
    >
      {value === undefined ? (
        problem === undefined && <Skeleton rows={8} />
      ) : (
        <div class="fcols">
          <Card
            title="Causes"
            note={<QueueChoice queue={queue} />}
            actions={<Order order={order.value} onChange={(next) => (order.value = next)} />}
          >
            {causes.length === 0 ? (
              <Empty title="Nothing failed in this range">Tasks that were retried are no failures any more.</Empty>
            ) : (
              <ul class="causes">
                {causes.map((cause) => (
                  <CauseItem key={cause.fingerprint} cause={cause} isChosen={cause.fingerprint === chosen} />
                ))}
              </ul>
            )}
            <HowFar looked={value.looked} what="Causes" />
          </Card>
          {chosen !== undefined && <OneCause key={chosen} fingerprint={chosen} words={words} />}
        </div>
      )}
    </Shell>
  )
}

function QueueChoice({ queue }: { readonly queue: string }) {
  return (
    <select aria-label="Queue" value={queue} onChange={({ currentTarget }) => setQuery({ queue: currentTarget.value })}>
      <option value="">all queues</option>
      {facts.value?.queues.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  )
}

function Order({ order, onChange }: { readonly order: string; onChange(order: 'count' | 'newest'): void }) {
  return (
    <div class="seg small">
      {(['count', 'newest'] as const).map((each) => (
        <button type="button" key={each} aria-pressed={order === each} onClick={() => onChange(each)}>
          {each === 'count' ? 'Count' : 'Newest'}
        </button>
      ))}
    </div>
  )
}

function CauseItem({ cause, isChosen }: { readonly cause: Cause; readonly isChosen: boolean }) {
  return (
    <li>
      <a href={`${links.cause(cause.fingerprint)}${location.search}`} aria-current={isChosen ? 'true' : undefined}>
        <b class="cut">{visible(cause.errorName)}</b>
        <b class="n t bad">{count(cause.count)}</b>
        <span class="muted what">{visible(cause.message)}</span>
        <span class="cut">{cause.tasks.map(visible).join(' · ')}</span>
        {cause.reason !== undefined && cause.reason !== 'failure' ? <span class="tag">{cause.reason}</span> : <span />}
        <span class="muted when">{stretchOf(cause, now.value)}</span>
        <Spark values={cause.spark} kind="bad" />
      </a>
    </li>
  )
}

function OneCause({ fingerprint, words }: { readonly fingerprint: string; readonly words: string }) {
  const { value, problem, reload } = useResource<CauseDetail>(`/failures/${encodeURIComponent(fingerprint)}?${words}`)
  if (problem?.status === 404) {
    return (
      <section class="card">
        <Empty title="No failure of this range has this cause">
          Look at a longer range. Tasks that were retried are no failures any more.
        </Empty>
      </section>
    )
  }
  if (value === undefined) return <Skeleton rows={8} />
  const { series } = value
  return (
    <div class="stackcol">
      <section class="card">
        <div class="body">
          <h2 class="cause-title">
            <span class="t bad">{visible(value.errorName)}</span> <span class="muted">in</span>{' '}
            {value.tasks.map(visible).join(' · ')}
          </h2>
          <p class="cause-message">{visible(value.message)}</p>
          {value.frames.length > 0 && (
            <ol class="stack">
              {value.frames.map((frame) => (
                <li key={frame} class="own">
                  {visible(frame)}
                </li>
              ))}
            </ol>
          )}
        </div>
        <Chart
          label="Failures over time"
          height={150}
          times={series.failed.map((_, index) => series.from + index * series.stepMs)}
          format={count}
          series={[{ label: 'failed', colour: '--bad-mark', bars: true, values: series.failed }]}
        />
        <div class="breaks">
          <Breakdown title="Task" counts={value.byTask} of={value.count} />
          <Breakdown title="Queue" counts={value.byQueue} of={value.count} />
          <Breakdown title="Ended" counts={value.byAttempts} of={value.count} />
        </div>
      </section>
      <Letters cause={value} reload={reload} />
    </div>
  )
}

function Breakdown({
  title,
  counts,
  of,
}: {
  readonly title: string
  readonly counts: readonly Count[]
  readonly of: number
}) {
  return (
    <div>
      <h3>{title}</h3>
      <ul>
        {counts.map(({ name, count: each }) => (
          <li key={name}>
            <span class="cut">{visible(name)}</span>
            <i style={{ '--p': `${(each / Math.max(1, of)) * 100}%` }} />
            <span class="num">{count(each)}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}

const shownRows = 50

function Letters({ cause, reload }: { readonly cause: CauseDetail; reload(): void }) {
  const selected = useSignal<ReadonlySet<string>>(new Set())
  const dialog = useSignal<readonly string[] | undefined>(undefined)
  const select = (id: string): void => {
    const next = new Set(selected.value)
    if (!next.delete(id)) next.add(id)
    selected.value = next
  }
  const all = cause.failures.map(({ id }) => id).slice(0, 100)
  return (
    <Card
      title="Failed tasks"
      note={`${count(cause.count)} · newest first`}
      actions={
        mayAct() && (
          <>
            {selected.value.size > 0 && (
              <button type="button" class="btn small" onClick={() => (dialog.value = [...selected.value])}>
                <Icon name="sync" />
                Retry {count(selected.value.size)}
              </button>
            )}
            <button type="button" class="btn small main" onClick={() => (dialog.value = all)}>
              <Icon name="sync" />
              {cause.count <= all.length ? `Retry all ${count(all.length)}` : `Retry the newest ${all.length}`}
            </button>
          </>
        )
      }
    >
      <TaskTable
        tasks={cause.failures.slice(0, shownRows)}
        when="finished"
        brief
        selected={selected.value}
        {...(mayAct() && { onSelect: select })}
      />
      {cause.count > shownRows && (
        <p class="howfar">
          The newest {shownRows} of {count(cause.count)} are shown.
        </p>
      )}
      {dialog.value && (
        <RetryDialog
          ids={dialog.value}
          retry={(ids) => act('/tasks/retry', { ids })}
          onDone={() => {
            selected.value = new Set()
            reload()
          }}
          onClose={() => (dialog.value = undefined)}
        />
      )}
    </Card>
  )
}
