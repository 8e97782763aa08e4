import type { QueuesAnswer } from '../../shared/ports/insight.ts'
import { facts } from '../lib/app-facts.ts'
import { type RangeName, rangeIn, ranges } from '../lib/range.ts'
import { useResource } from '../lib/resource.ts'
import { Card, HowFar, Skeleton } from '../parts/card.tsx'
import { QueueTable } from '../parts/queue-table.tsx'
import { Shell } from '../parts/shell.tsx'

export function QueuesPage() {
  const range = rangeIn(facts.value?.where === 'this machine' ? '15m' : '1h')
  const { value, problem } = useResource<QueuesAnswer>(`/queues?last=${ranges[range]}`)
  return (
    <Shell
      page="Queues"
      title={<h1>Queues</h1>}
      ranges={Object.keys(ranges) as RangeName[]}
      range={range}
      problem={problem}
    >
      {value === undefined ? (
        <Skeleton />
      ) : (
        <Card title="All queues" note={`${value.queues.length}`}>
          <QueueTable queues={value.queues} actions />
        </Card>
      )}
      <HowFar looked={value?.looked} />
    </Shell>
  )
}
