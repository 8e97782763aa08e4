import type { NamesAnswer } from '../../shared/ports/insight.ts'
import { facts } from '../lib/app-facts.ts'
import { type RangeName, rangeIn, ranges } from '../lib/range.ts'
import { useResource } from '../lib/resource.ts'
import { Card, HowFar, Skeleton } from '../parts/card.tsx'
import { NameTable } from '../parts/name-table.tsx'
import { Shell } from '../parts/shell.tsx'

/** How do tasks of a name do? */
export function NamesPage() {
  const range = rangeIn(facts.value?.where === 'this machine' ? '15m' : '1h')
  const { value, problem } = useResource<NamesAnswer>(`/names?last=${ranges[range]}`)
  return (
    <Shell
      page="Names"
      title={<h1>Names</h1>}
      ranges={Object.keys(ranges) as RangeName[]}
      range={range}
      problem={problem}
    >
      {value === undefined ? (
        <Skeleton />
      ) : (
        <Card title="Tasks by name" note={`${value.names.length}`}>
          <NameTable names={value.names} withQueue />
        </Card>
      )}
      <HowFar looked={value?.looked} />
    </Shell>
  )
}
