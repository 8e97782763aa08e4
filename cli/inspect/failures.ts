import type { App, TaskInfo } from '../../shared/index.ts'
import { instantText, type Output } from '../output.ts'

export interface FailuresWanted {
  readonly queues: readonly string[]
  readonly from: Date | undefined
  /** Of each queue. */
  readonly limit: number
}

/** A page may be empty and still have a next one: reads pages until it has enough, or there are no more. */
async function failuresOf(app: App, queue: string, { from, limit }: FailuresWanted): Promise<readonly TaskInfo[]> {
  const tasks: TaskInfo[] = []
  let cursor: string | undefined
  do {
    const page = await app.inspect.failures({
      queue,
      limit: Math.min(100, limit - tasks.length),
      ...(from !== undefined && { from }),
      ...(cursor !== undefined && { cursor }),
    })
    tasks.push(...page.tasks)
    cursor = page.cursor
  } while (cursor !== undefined && tasks.length < limit)
  return tasks
}

export async function showFailures(app: App, wanted: FailuresWanted, output: Output): Promise<void> {
  const lists = await Promise.all(wanted.queues.map((queue) => failuresOf(app, queue, wanted)))
  const tasks = lists.flat().sort((a, b) => (b.finishedAt?.getTime() ?? 0) - (a.finishedAt?.getTime() ?? 0))
  if (output.json) return output.data(tasks)
  if (tasks.length === 0 && output.isTerminal) return output.line('No task has failed.')
  output.table(tasks, [
    { title: 'failed', value: ({ finishedAt }) => instantText(finishedAt) ?? '' },
    { title: 'task', value: ({ task }) => task },
    { title: 'id', value: ({ id }) => id },
    { title: 'attempts', value: ({ attempt }) => String(attempt), align: 'right' },
    {
      title: 'error',
      value: ({ error }) => (error === undefined ? '' : `${error.name}: ${error.message}`),
      flexible: true,
    },
  ])
}
