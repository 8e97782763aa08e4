import { useSignal } from '@preact/signals'
import { useRoute } from 'preact-iso'
import type { TaskDetail } from '../../shared/ports/insight.ts'
import { act } from '../lib/api.ts'
import { mayAct } from '../lib/app-facts.ts'
import { bytes, visible } from '../lib/format.ts'
import { useKeys } from '../lib/keys.ts'
import { links } from '../lib/links.ts'
import { useResource } from '../lib/resource.ts'
import { Card, Skeleton } from '../parts/card.tsx'
import { CopyButton } from '../parts/copy.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { EditRetryDialog } from '../parts/edit-retry-dialog.tsx'
import { ErrorCard } from '../parts/error-card.tsx'
import { Icon } from '../parts/icon.tsx'
import { JsonView } from '../parts/json-view.tsx'
import { Path } from '../parts/path.tsx'
import { Shell } from '../parts/shell.tsx'
import { State } from '../parts/state.tsx'
import { Family, TaskFacts } from '../parts/task-facts.tsx'
import { TaskSentence } from '../parts/task-sentence.tsx'
import { Timeline } from '../parts/timeline.tsx'

/** What happened to it? */
export function TaskPage() {
  const { id = '' } = useRoute().params
  const { value, problem } = useResource<TaskDetail>(`/tasks/${encodeURIComponent(id)}`)
  const steps: [string, string][] = [['Tasks', links.tasks()]]
  if (value) steps.push([value.task, links.tasks(`task:${value.task}`)])
  return (
    <Shell
      page="Tasks"
      title={<Path steps={steps} here={id.length > 20 ? `${id.slice(0, 8)}…${id.slice(-4)}` : id} mono />}
      problem={problem}
    >
      {value === undefined ? problem === undefined && <Skeleton rows={8} /> : <Content task={value} />}
    </Shell>
  )
}

function Content({ task }: { readonly task: TaskDetail }) {
  return (
    <>
      <div class="head1">
        <div class="row1">
          <h1>{visible(task.task)}</h1>
          <State state={task.state} />
          <span class="grow" />
          {mayAct() && <Actions task={task} />}
        </div>
        <div class="row2">
          <span class="mono soft">{task.id}</span>
          <CopyButton text={task.id} label="Copy id" />
          <span class="muted">
            queue{' '}
            <a class="link" href={links.queue(task.queue)}>
              {task.queue}
            </a>
          </span>
        </div>
      </div>
      <TaskSentence task={task} />
      <Timeline task={task} />
      <div class="cols">
        <div class="stackcol">
          {task.error && <ErrorCard task={task} />}
          <Payload title="Input" task={task} name="input" />
          <Payload title="Result" task={task} name="result" />
          {task.progress && <Payload title="Progress" task={task} name="progress" />}
        </div>
        <div class="stackcol">
          <TaskFacts task={task} />
          <Family task={task} />
        </div>
      </div>
    </>
  )
}

const retried: readonly string[] = ['FAILURE', 'REVOKED', 'EXPIRED', 'IGNORED']
const open: readonly string[] = ['WAITING', 'QUEUED', 'SCHEDULED', 'RETRY', 'STARTED']

function Actions({ task }: { readonly task: TaskDetail }) {
  const dialog = useSignal<'retry' | 'edit' | 'revoke' | 'forget' | undefined>(undefined)
  const close = (): void => {
    dialog.value = undefined
  }
  const path = `/tasks/${encodeURIComponent(task.id)}`
  const mayRetry = retried.includes(task.state) && !task.forgotten
  const mayEdit = mayRetry && task.known && task.input !== undefined && !task.input.cut
  useKeys({
    ...(mayRetry && { r: () => (dialog.value = 'retry') }),
    ...(mayEdit && { e: () => (dialog.value = 'edit') }),
  })
  return (
    <span class="acts1">
      <button type="button" class="btn main" disabled={!mayRetry} onClick={() => (dialog.value = 'retry')}>
        <Icon name="sync" />
        Retry
        <kbd class="on">R</kbd>
      </button>
      <button type="button" class="btn" disabled={!mayEdit} onClick={() => (dialog.value = 'edit')}>
        <Icon name="code" />
        Edit input and retry…
      </button>
      <button type="button" class="btn" disabled={!open.includes(task.state)} onClick={() => (dialog.value = 'revoke')}>
        <Icon name="circle-slash" />
        Revoke
      </button>
      <button
        type="button"
        class="btn"
        aria-label="Forget"
        title="Forget: remove input, result and error"
        disabled={open.includes(task.state) || task.forgotten}
        onClick={() => (dialog.value = 'forget')}
      >
        <Icon name="trash" />
      </button>
      {dialog.value === 'retry' && (
        <Dialog title={`Retry ${task.task}`} confirm="Retry" onConfirm={() => act(`${path}/retry`)} onClose={close}>
          <p>
            It is opened anew with the same input, and counts its attempts from one. Its dead letter, if there is one,
            becomes stale.
          </p>
        </Dialog>
      )}
      {dialog.value === 'edit' && <EditRetryDialog task={task} onClose={close} />}
      {dialog.value === 'revoke' && (
        <Dialog
          title={`Revoke ${task.task}`}
          confirm="Revoke"
          command={`celeriac revoke ${task.id}`}
          onConfirm={() => act(`${path}/revoke`)}
          onClose={close}
        >
          <p>
            {task.state === 'STARTED'
              ? 'It runs: its worker asks it to stop, within seconds.'
              : 'It will not run. It can be retried afterwards.'}
          </p>
        </Dialog>
      )}
      {dialog.value === 'forget' && (
        <Dialog title={`Forget ${task.task}`} confirm="Forget" onConfirm={() => act(`${path}/forget`)} onClose={close}>
          <p>
            Its input, result and error are removed for good. It cannot be retried any more. Its id and key stay known.
          </p>
        </Dialog>
      )}
    </span>
  )
}

function Payload({
  title,
  task,
  name,
}: {
  readonly title: string
  readonly task: TaskDetail
  readonly name: 'input' | 'result' | 'progress'
}) {
  const payload = task[name]
  const blanked = name === 'input' && task.sensitive.length > 0 ? ` · blanked: ${task.sensitive.join(', ')}` : ''
  if (payload === undefined) {
    return (
      <Card title={title}>
        <p class="body muted">{absence(task, name)}</p>
      </Card>
    )
  }
  return (
    <Card
      title={title}
      note={`${bytes(payload.bytes)}${payload.cut ? ' · the first 64 KB' : ''}${blanked}`}
      actions={
        <>
          {name === 'input' && !payload.cut && (
            <CopyButton
              text={`celeriac call ${task.task} ${quoted(payload.text)}`}
              label="Copy as command"
              word="As command"
            />
          )}
          <CopyButton text={payload.text} label={`Copy ${name}`} word="Copy" />
        </>
      }
    >
      <div class="body">
        <JsonView text={payload.text} label={`${title}, JSON`} />
      </div>
    </Card>
  )
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function absence(task: TaskDetail, name: string): string {
  if (task.forgotten) return 'It was forgotten.'
  if (name === 'input') return 'No longer kept.'
  if (task.state !== 'SUCCESS') return 'None: it has not succeeded.'
  return task.hidden ? 'No longer kept.' : 'None: the task returned nothing, or its result is not stored.'
}
