import { useSignal } from '@preact/signals'
import type { QueueRow } from '../../shared/ports/insight.ts'
import { act } from '../lib/api.ts'
import { mayAct } from '../lib/app-facts.ts'
import { count } from '../lib/format.ts'
import { Dialog } from './dialog.tsx'
import { Icon } from './icon.tsx'

/** Pause or resume, whichever makes sense. */
export function PauseButton({
  queue,
  small = false,
  word,
}: {
  readonly queue: QueueRow
  readonly small?: boolean
  readonly word?: string
}) {
  const isOpen = useSignal(false)
  const isPaused = queue.pausedAt !== undefined
  if (!mayAct()) return null
  return (
    <>
      <button type="button" class={small ? 'btn small' : 'btn'} onClick={() => (isOpen.value = true)}>
        <Icon name={isPaused ? 'play' : 'no-entry'} />
        {isPaused ? 'Resume' : 'Pause'}
        {word === undefined ? '' : ` ${word}`}
      </button>
      {isOpen.value && (
        <Dialog
          title={isPaused ? `Resume ${queue.queue}` : `Pause ${queue.queue}`}
          confirm={isPaused ? 'Resume' : 'Pause'}
          command={`celeriac ${isPaused ? 'resume' : 'pause'} ${queue.queue}`}
          onConfirm={() => act(`/queues/${encodeURIComponent(queue.queue)}/${isPaused ? 'resume' : 'pause'}`)}
          onClose={() => (isOpen.value = false)}
        >
          {isPaused ? (
            <p>Workers start {count(queue.waiting)} waiting tasks within seconds.</p>
          ) : (
            <p>
              Workers start no more tasks of this queue, within seconds. {count(queue.inFlight)} in flight go on to
              their end; {count(queue.waiting)} wait. Nothing is lost.
            </p>
          )}
        </Dialog>
      )}
    </>
  )
}
