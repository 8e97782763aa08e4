import type { ComponentChildren } from 'preact'
import { useRoute } from 'preact-iso'
import type { QueueDetail } from '../../shared/ports/insight.ts'
import { facts } from '../lib/app-facts.ts'
import { ago, count, duration, exactTime, percent } from '../lib/format.ts'
import { links } from '../lib/links.ts'
import { now } from '../lib/live.ts'
import { type RangeName, rangeIn, ranges } from '../lib/range.ts'
import { useResource } from '../lib/resource.ts'
import { Card, HowFar, Skeleton } from '../parts/card.tsx'
import { FinishedChart, TimesChart } from '../parts/history-charts.tsx'
import { NameTable } from '../parts/name-table.tsx'
import { Path } from '../parts/path.tsx'
import { PauseButton } from '../parts/queue-actions.tsx'
import { InFlight } from '../parts/queue-table.tsx'
import { Shell } from '../parts/shell.tsx'
import { AttentionList } from './overview.tsx'

export function QueuePage() {
  const { queue = '' } = useRoute().params
  const range = rangeIn(facts.value?.where === 'this machine' ? '15m' : '1h')
  const { value, problem } = useResource<QueueDetail>(`/queues/${encodeURIComponent(queue)}?last=${ranges[range]}`)
  return (
    <Shell
      page="Queues"
      title={<Path steps={[['Queues', links.queues]]} here={queue} />}
      ranges={Object.keys(ranges) as RangeName[]}
      range={range}
      problem={problem}
    >
      {value === undefined ? problem === undefined && <Skeleton rows={8} /> : <Content value={value} />}
    </Shell>
  )
}

function Content({ value }: { readonly value: QueueDetail }) {
  return (
    <>
      <div class="row1">
        <h1>{value.queue}</h1>
        {value.pausedAt !== undefined && (
          <span class="pill retry" title={exactTime(value.pausedAt)}>
            Paused {ago(value.pausedAt, now.value)}
          </span>
        )}
        <span class="grow" />
        <span class="acts1">
          <a class="btn" href={links.tasks(`queue:${value.queue}`)}>
            Its tasks
          </a>
          <a class="btn" href={`${links.failures}?queue=${encodeURIComponent(value.queue)}`}>
            Its failures
          </a>
          <PauseButton queue={value} />
        </span>
      </div>
      {value.attention.length > 0 && <AttentionList findings={value.attention} queues={[value]} />}
      <ul class="card kpis flat">
        <Fact name="Waiting">{count(value.waiting)}</Fact>
        <Fact name="In flight">
          <InFlight queue={value} />
        </Fact>
        <Fact name="Oldest">{duration(value.oldestMs)}</Fact>
        <Fact name="Finished a minute">{count(value.finishedPerMinute)}</Fact>
        <Fact name="Failed">{percent(value.failedShare)}</Fact>
        <Fact name="Dead letters">{count(value.dead)}</Fact>
      </ul>
      <HowFar looked={value.looked} />
      <div class="two">
        <FinishedChart series={value.series} />
        <TimesChart series={value.series} />
      </div>
      <Card title="Tasks by name" note={`${value.names.length}`}>
        <NameTable names={value.names} />
      </Card>
      <Card title="Settings" note="as the app in this process says">
        <dl class="facts body settings">
          {value.settings.map((setting) => (
            <div key={setting.name}>
              <dt>{setting.name}</dt>
              <dd>
                <b>{setting.value}</b> <span class="muted">{setting.note}</span>
              </dd>
            </div>
          ))}
        </dl>
      </Card>
    </>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <li class="kpi">
      <span class="k">{name}</span>
      <span class="v">{children}</span>
    </li>
  )
}
