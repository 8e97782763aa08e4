import type { RunningAnswer } from '../../shared/ports/insight.ts'
import { count, time } from '../lib/format.ts'
import { useResource } from '../lib/resource.ts'
import { Card, Empty, Skeleton } from '../parts/card.tsx'
import { Shell } from '../parts/shell.tsx'
import { TaskTable } from '../parts/task-table.tsx'

/** What is busy? */
export function RunningPage() {
  const { value, problem } = useResource<RunningAnswer>('/running')
  return (
    <Shell page="Running" title={<h1>Running</h1>} problem={problem}>
      {value === undefined ? (
        problem === undefined && <Skeleton />
      ) : (
        <Card
          title="Running now"
          note={`${count(value.tasks.length)} seen · ${count(value.inFlight)} messages in flight`}
        >
          {value.tasks.length === 0 ? (
            <Empty
              title={
                value.looked.complete
                  ? 'No task runs at this moment'
                  : `None of the newest ${count(value.looked.tasks)} tasks runs at this moment`
              }
            >
              Short tasks come and go between two looks: the figures of the queues count them.
            </Empty>
          ) : (
            <TaskTable tasks={value.tasks.slice(0, 100)} when="started" />
          )}
        </Card>
      )}
      {value !== undefined && !value.looked.complete && (
        <p class="howfar">
          Among the newest {count(value.looked.tasks)} tasks, back to {time(value.looked.until)}.
        </p>
      )}
    </Shell>
  )
}
