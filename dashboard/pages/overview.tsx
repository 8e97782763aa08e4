import type { Finding } from '../../shared/core/attention.ts'
import type { Overview, QueueRow, Series } from '../../shared/ports/insight.ts'
import type { IconName } from '../icon-names.ts'
import { facts } from '../lib/app-facts.ts'
import { count, dayOf, duration, durationParts, percent, shortTime, time, visible } from '../lib/format.ts'
import { links } from '../lib/links.ts'
import { now } from '../lib/live.ts'
import { type RangeName, rangeIn, ranges } from '../lib/range.ts'
import { useResource } from '../lib/resource.ts'
import { Card, Empty, HowFar, Skeleton } from '../parts/card.tsx'
import { CauseList } from '../parts/cause-list.tsx'
import { FinishedChart, TimesChart } from '../parts/history-charts.tsx'
import { Icon } from '../parts/icon.tsx'
import { PauseButton } from '../parts/queue-actions.tsx'
import { QueueTable } from '../parts/queue-table.tsx'
import { Shell } from '../parts/shell.tsx'
import { Spark } from '../parts/spark.tsx'
import { State } from '../parts/state.tsx'

const offered = Object.keys(ranges) as readonly RangeName[]

/** Is all well? */
export function OverviewPage() {
  const range = rangeIn(facts.value?.where === 'this machine' ? '15m' : '1h')
  const { value, problem } = useResource<Overview>(`/overview?last=${ranges[range]}`)
  return (
    <Shell
      page="Overview"
      title={<h1>Overview</h1>}
      note={`${dayOf(now.value)}, ${shortTime(now.value)}`}
      ranges={offered}
      range={range}
      problem={problem}
    >
      {value === undefined ? <Skeleton rows={8} /> : <Content value={value} />}
    </Shell>
  )
}

function Content({ value }: { readonly value: Overview }) {
  const isEmpty = value.looked.tasks === 0 && value.looked.complete
  return (
    <>
      {value.attention.length > 0 && <AttentionList findings={value.attention} queues={value.queues} />}
      <Figures value={value} />
      <HowFar looked={value.looked} />
      <div class="two">
        <FinishedChart series={value.series} />
        <TimesChart series={value.series} />
      </div>
      <Card
        title="Queues"
        note={`${value.queues.length} · ${count(value.figures.waiting)} waiting`}
        actions={
          <a class="link" href={links.queues}>
            All queues
          </a>
        }
      >
        <QueueTable queues={value.queues} />
      </Card>
      <div class="two">
        <Card
          title="Failures by cause"
          note={`${count(value.figures.dead)} dead letters`}
          actions={
            <a class="link" href={links.failures}>
              All
            </a>
          }
        >
          {value.causes.length === 0 ? (
            <Empty title="Nothing failed in this range" />
          ) : (
            <CauseList causes={value.causes} />
          )}
        </Card>
        <Card
          title="Just now"
          actions={
            <a class="link" href={links.tasks()}>
              All tasks
            </a>
          }
        >
          {isEmpty ? (
            <Empty title="No task was enqueued in this range">
              Enqueue one: <code>celeriac call &lt;task&gt; '{'{…}'}'</code>
            </Empty>
          ) : (
            <Tail value={value} />
          )}
        </Card>
      </div>
    </>
  )
}

const findingIcons: Readonly<Record<string, IconName>> = {
  failing: 'alert',
  crashes: 'alert',
  'dead-letters': 'inbox',
  paused: 'no-entry',
  old: 'stopwatch',
  'no-catching-up': 'stopwatch',
}
const findingKinds = { bad: 'bad', warning: 'retry', note: 'idle' } as const
const mostFindings = 6

export function AttentionList({
  findings,
  queues,
}: {
  readonly findings: readonly Finding[]
  readonly queues: readonly QueueRow[]
}) {
  return (
    <ul class="card attention" aria-label="Needs attention">
      {findings.slice(0, mostFindings).map((finding) => {
        const queue = queues.find((each) => each.queue === finding.queue)
        return (
          <li key={finding.rule + finding.queue} class={findingKinds[finding.severity]}>
            <Icon name={findingIcons[finding.rule] ?? 'alert'} />
            <b>{visible(finding.title)}</b>
            <p>
              {finding.since !== undefined && `Since ${time(finding.since, { seconds: false })}. `}
              {visible(finding.detail)}
            </p>
            <div class="acts">
              {finding.actions.map((action) => {
                if (action.kind === 'show-failures') {
                  const href =
                    action.fingerprint === undefined
                      ? `${links.failures}?queue=${encodeURIComponent(finding.queue)}`
                      : links.cause(action.fingerprint)
                  return (
                    <a class="btn small" key={action.kind} href={href}>
                      {action.fingerprint === undefined ? 'Show failures' : 'Show the cause'}
                    </a>
                  )
                }
                if (action.kind === 'show-queue') {
                  return (
                    <a class="btn small plain" key={action.kind} href={links.queue(finding.queue)}>
                      Show the queue
                    </a>
                  )
                }
                return queue && <PauseButton key={action.kind} queue={queue} small />
              })}
            </div>
          </li>
        )
      })}
    </ul>
  )
}

function Figures({ value: { figures, series } }: { readonly value: Overview }) {
  const share = series.failed.map((failed, index) => failed / Math.max(1, failed + (series.succeeded[index] ?? 0)))
  const numbers = (values: readonly (number | null)[]): readonly number[] => values.map((each) => each ?? 0)
  const isFailing = (figures.failedShare ?? 0) >= 0.01
  return (
    <ul class="card kpis">
      <Figure
        name="Finished a minute"
        value={count(figures.finishedPerMinute)}
        href={links.tasks('state:success')}
        spark={finishedOf(series)}
        kind="ok"
      />
      <Figure
        name="Failed"
        value={percent(figures.failedShare).replace(' %', '')}
        unit="%"
        href={links.failures}
        spark={share}
        kind="bad"
        alarm={isFailing}
      />
      <TimeFigure
        name="Wait p95"
        ms={figures.waitP95Ms}
        href={links.tasks('wait:>1s')}
        spark={numbers(series.wait.p95)}
      />
      <TimeFigure name="Run p95" ms={figures.runP95Ms} href={links.names} spark={numbers(series.run.p95)} />
      <Figure name="Waiting" value={count(figures.waiting)} href={links.tasks('state:queued')} spark={[]} kind="idle" />
      <Figure
        name="Dead letters"
        value={count(figures.dead)}
        href={links.failures}
        spark={series.failed}
        kind="bad"
        alarm={figures.dead > 0}
      />
    </ul>
  )
}

function finishedOf({ succeeded, failed }: Series): readonly number[] {
  return succeeded.map((value, index) => value + (failed[index] ?? 0))
}

interface FigureProps {
  readonly name: string
  readonly value: string
  readonly unit?: string
  readonly href: string
  readonly spark: readonly number[]
  readonly kind: string
  readonly alarm?: boolean
}

function Figure({ name, value, unit, href, spark, kind, alarm = false }: FigureProps) {
  return (
    <li>
      <a class="kpi" href={href}>
        <span class="k">{name}</span>
        <span class={alarm ? 'v t bad' : 'v'}>
          {value} {unit !== undefined && value !== '–' && <small>{unit}</small>}
        </span>
        <Spark values={spark} kind={kind} />
      </a>
    </li>
  )
}

function TimeFigure({
  name,
  ms,
  href,
  spark,
}: {
  readonly name: string
  readonly ms: number | undefined
  readonly href: string
  readonly spark: readonly number[]
}) {
  const [value, unit] = ms === undefined ? (['–', ''] as const) : durationParts(ms)
  return <Figure name={name} value={value} unit={unit} href={href} spark={spark} kind="run" />
}

function Tail({ value: { latest } }: { readonly value: Overview }) {
  return (
    <ul class="tail">
      {latest.map((task) => (
        <li key={task.id}>
          <span class="muted">{time(task.finishedAt ?? task.startedAt ?? task.enqueuedAt)}</span>
          <span>
            <State state={task.state} />
          </span>
          <a class="cut" href={links.task(task.id)}>
            {visible(task.task)}
          </a>
          <span class="muted">{task.runMs === undefined ? '' : duration(task.runMs)}</span>
        </li>
      ))}
    </ul>
  )
}
