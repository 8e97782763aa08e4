import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { ApiError, type Problem } from '../lib/api.ts'
import { refreshAll } from '../lib/live.ts'
import { ProblemBox } from './card.tsx'

interface DialogProps {
  readonly title: string
  readonly confirm: string
  readonly children: ComponentChildren
  readonly wide?: boolean
  /** The same on the command line. */
  readonly command?: string
  onConfirm(): Promise<unknown>
  onClose(): void
}

/** Says what will happen, does it, and shows what went wrong. */
export function Dialog({ title, confirm, children, command, wide = false, onConfirm, onClose }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null)
  const busy = useSignal(false)
  const problem = useSignal<Problem | undefined>(undefined)
  useEffect(() => element.current?.showModal(), [])
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    busy.value = true
    problem.value = undefined
    try {
      await onConfirm()
      refreshAll()
      onClose()
    } catch (error) {
      problem.value =
        error instanceof ApiError
          ? error.problem
          : { title: 'Error', status: 0, detail: error instanceof Error ? error.message : String(error) }
    } finally {
      busy.value = false
    }
  }
  return (
    <dialog ref={element} class={wide ? 'wide' : ''} aria-labelledby="dialog-title" onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <h2 id="dialog-title">{title}</h2>
        <div class="dialog-body">{children}</div>
        {problem.value && <ProblemBox problem={problem.value} />}
        {command !== undefined && <p class="mono muted command">$ {command}</p>}
        <footer>
          <button type="button" class="btn" onClick={() => element.current?.close()}>
            Cancel
          </button>
          <button type="submit" class="btn main" disabled={busy.value}>
            {confirm}
          </button>
        </footer>
      </form>
    </dialog>
  )
}
