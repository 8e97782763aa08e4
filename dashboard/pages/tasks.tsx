import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { TasksPage as Answer } from '../../shared/ports/insight.ts'
import { act } from '../lib/api.ts'
import { mayAct } from '../lib/app-facts.ts'
import { count, time } from '../lib/format.ts'
import { links } from '../lib/links.ts'
import { isLive } from '../lib/live.ts'
import { query, type RangeName, rangeIn, ranges, searchText, setQuery } from '../lib/range.ts'
import { useResource } from '../lib/resource.ts'
import { Card, Empty, Skeleton } from '../parts/card.tsx'
import { Icon } from '../parts/icon.tsx'
import { RetryDialog } from '../parts/retry-dialog.tsx'
import { Shell } from '../parts/shell.tsx'
import { TaskTable } from '../parts/task-table.tsx'

const chips = [
  ['All', ''],
  ['Queued', 'state:queued'],
  ['Scheduled', 'state:scheduled'],
  ['Running', 'state:started'],
  ['Retry', 'state:retry'],
  ['Success', 'state:success'],
  ['Failure', 'state:failure'],
  ['Revoked', 'state:revoked'],
] as const

/** Find tasks. */
export function TasksPage() {
  const range = rangeIn('24h')
  const search = searchText.value
  const cursor = query.value.get('cursor') ?? ''
  const selected = useSignal<ReadonlySet<string>>(new Set())
  const isRetrying = useSignal(false)
  const path = `/tasks?last=${ranges[range]}&limit=50&q=${encodeURIComponent(search)}${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`
  // Rows do not move while someone chooses among them, or reads an older page.
  const once = cursor !== '' || selected.value.size > 0
  const { value, problem } = useResource<Answer>(path, { once })
  useEffect(() => {
    selected.value = new Set()
  }, [search, cursor, range])
  const select = (id: string): void => {
    const next = new Set(selected.value)
    if (!next.delete(id)) next.add(id)
    selected.value = next
  }
  return (
    <Shell
      page="Tasks"
      title={<h1>Tasks</h1>}
      ranges={['15m', '1h', '24h', '7d', '14d'] satisfies RangeName[]}
      range={range}
      problem={problem}
    >
      <ul class="chips" aria-label="State">
        {chips.map(([name, words]) => {
          const others = search.replace(/(^|\s)-?state:\S+/g, '').trim()
          const isOn = words === '' ? others === search : search.includes(words)
          return (
            <li key={name}>
              <button
                type="button"
                class="chip"
                aria-pressed={isOn}
                onClick={() => setQuery({ q: `${words} ${others}`.trim(), cursor: undefined })}
              >
                {name}
              </button>
            </li>
          )
        })}
      </ul>
      {value?.issues.map(({ word, problem: what }) => (
        <p class="say retry" key={word}>
          <Icon name="alert" />
          {what}
        </p>
      ))}
      <Card
        title={search === '' ? 'All tasks' : 'Found'}
        note={value && howFar(value)}
        actions={
          selected.value.size > 0 &&
          mayAct() && (
            <>
              <span class="muted">{count(selected.value.size)} chosen</span>
              <button type="button" class="btn small" onClick={() => (isRetrying.value = true)}>
                <Icon name="sync" />
                Retry {count(selected.value.size)}
              </button>
            </>
          )
        }
      >
        {value === undefined ? (
          problem === undefined && <Skeleton rows={10} />
        ) : value.tasks.length === 0 ? (
          <Nothing search={search} answer={value} />
        ) : (
          <TaskTable tasks={value.tasks} selected={selected.value} {...(mayAct() && { onSelect: select })} />
        )}
        <footer class="pager">
          {cursor !== '' && (
            <button type="button" class="btn small" onClick={() => history.back()}>
              <Icon name="arrow-left" />
              Newer
            </button>
          )}
          <span class="grow" />
          {value?.cursor !== undefined && (
            <button type="button" class="btn small" onClick={() => setQuery({ cursor: value.cursor }, { step: true })}>
              {value.tasks.length < 50 ? 'Look further back' : 'Older'}
              <Icon name="arrow-right" />
            </button>
          )}
        </footer>
      </Card>
      {isRetrying.value && (
        <RetryDialog
          ids={[...selected.value]}
          onDone={() => (selected.value = new Set())}
          onClose={() => (isRetrying.value = false)}
          retry={(ids) => act('/tasks/retry', { ids })}
        />
      )}
      {!isLive.value && <p class="howfar">Updates are paused: press p.</p>}
    </Shell>
  )
}

function howFar({ looked, tasks, cursor }: Answer): string {
  if (looked.complete && cursor === undefined) return `${count(tasks.length)} shown`
  return `looked at ${count(looked.tasks)} tasks, back to ${time(looked.until)}`
}

function Nothing({ search, answer }: { readonly search: string; readonly answer: Answer }) {
  if (!answer.looked.complete)
    return (
      <Empty title={`None among ${count(answer.looked.tasks)} tasks back to ${time(answer.looked.until)}`}>
        Look further back, or choose a shorter range.
      </Empty>
    )
  if (search === '') {
    return (
      <Empty title="No task was enqueued in this range">
        Choose a longer one, or enqueue a task: <code>celeriac call &lt;task&gt; '{'{…}'}'</code>
      </Empty>
    )
  }
  return (
    <Empty title="No task of this range fits">
      Words such as <code>task:orders.*</code>, <code>error:timeout</code>, <code>input.order:7</code>,{' '}
      <code>attempts:&gt;2</code>, <code>run:&gt;10s</code>; <code>-</code> before a word means not.{' '}
      <a class="link" href={links.tasks()}>
        All tasks
      </a>
    </Empty>
  )
}
