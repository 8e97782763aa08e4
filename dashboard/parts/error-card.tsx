import { useSignal } from '@preact/signals'
import type { ErrorView, TaskDetail } from '../../shared/ports/insight.ts'
import { visible } from '../lib/format.ts'
import { links } from '../lib/links.ts'
import { Card } from './card.tsx'
import { CopyButton } from './copy.tsx'
import { Icon } from './icon.tsx'

interface Frame {
  readonly name: string
  readonly place: string
  readonly own: boolean
}

/** The last error, its own code marked and libraries folded. */
export function ErrorCard({ task }: { readonly task: TaskDetail }) {
  const { error } = task
  if (error === undefined) return null
  return (
    <Card
      title={task.state === 'SUCCESS' || task.state === 'QUEUED' ? 'Last error before' : 'Error'}
      actions={<CopyButton text={error.stack ?? `${error.name}: ${error.message}`} label="Copy error" word="Copy" />}
    >
      <div class="body">
        <ErrorText error={error} />
        <p class="muted err-facts">
          {error.code !== undefined && (
            <>
              code <span class="mono">{visible(error.code)}</span> ·{' '}
            </>
          )}
          {task.fingerprint !== undefined && (
            <>
              cause{' '}
              <a class="link mono" href={links.cause(task.fingerprint)}>
                {task.fingerprint}
              </a>
            </>
          )}
        </p>
        <Stack text={error.stack} />
        <Causes error={error.cause} depth={0} />
      </div>
    </Card>
  )
}

function ErrorText({ error }: { readonly error: ErrorView }) {
  return (
    <p class="err">
      <b>{visible(error.name)}</b> {visible(error.message)}
    </p>
  )
}

function Causes({ error, depth }: { readonly error: ErrorView | undefined; readonly depth: number }) {
  if (error === undefined || depth > 5) return null
  return (
    <div class="cause">
      caused by <b>{visible(error.name)}</b> {visible(error.message)}
      <Causes error={error.cause} depth={depth + 1} />
    </div>
  )
}

function Stack({ text }: { readonly text: string | undefined }) {
  const isOpen = useSignal(false)
  const frames = framesOf(text ?? '')
  if (frames.length === 0) return null
  const shown = isOpen.value ? frames : frames.filter(({ own }) => own)
  const folded = frames.length - shown.length
  return (
    <ol class="stack">
      {shown.map((frame, index) => (
        <li key={`${index} ${frame.place}`} class={frame.own ? 'own' : ''}>
          <span>{visible(frame.name)}</span>
          <span class="place">{visible(frame.place)}</span>
        </li>
      ))}
      {folded > 0 && (
        <li class="fold">
          <button type="button" class="btn small plain" onClick={() => (isOpen.value = true)}>
            <Icon name="chevron-right" small />
            {folded} {folded === 1 ? 'frame' : 'frames'} of libraries and Node.js
          </button>
        </li>
      )}
    </ol>
  )
}

function framesOf(stack: string): readonly Frame[] {
  return stack.split('\n').flatMap((line) => {
    const match = /^\s*at (?:(.*) \()?(.*?)\)?$/.exec(line)
    if (match === null) return []
    const place = (match[2] ?? '').replace(/^file:\/\//, '')
    const own = !place.includes('node_modules') && !place.startsWith('node:') && place.includes('/')
    return [{ name: match[1] ?? '(anonymous)', place: own ? shortPlace(place) : place, own }]
  })
}

/** Machines differ above the last three folders. */
function shortPlace(place: string): string {
  return place.split('/').slice(-3).join('/')
}
