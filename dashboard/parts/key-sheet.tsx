import { useEffect, useRef } from 'preact/hooks'

const keys = [
  ['g o · q · t · f · r · n · s', 'Overview, Queues, Tasks, Failures, Running, Names, Settings'],
  ['/', 'Search'],
  ['j k', 'Next and previous row'],
  ['↵', 'Open the row'],
  ['r', 'Retry (on a task)'],
  ['e', 'Edit the input and retry (on a task)'],
  ['p', 'Stop and start updates'],
  ['[ ]', 'Longer and shorter range'],
  ['Esc', 'Close'],
] as const

export function KeySheet({ onClose }: { onClose(): void }) {
  const element = useRef<HTMLDialogElement>(null)
  useEffect(() => element.current?.showModal(), [])
  return (
    <dialog ref={element} aria-labelledby="keys-title" onClose={onClose}>
      <h2 id="keys-title">Keys</h2>
      <dl class="keys">
        {keys.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <footer>
        <button type="button" class="btn" onClick={() => element.current?.close()}>
          Close
        </button>
      </footer>
    </dialog>
  )
}
