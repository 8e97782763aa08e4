import { useSignal } from '@preact/signals'
import type { TaskDetail } from '../../shared/ports/insight.ts'
import { act } from '../lib/api.ts'
import { Dialog } from './dialog.tsx'

/** Changes the input and runs the task again. The server checks it with the task's schema. */
export function EditRetryDialog({ task, onClose }: { readonly task: TaskDetail; onClose(): void }) {
  const text = useSignal(pretty(task.input?.text ?? 'null'))
  const wrong = syntaxProblem(text.value)
  const confirm = async (): Promise<void> => {
    if (wrong !== undefined) throw new Error(`The input is no JSON: ${wrong}`)
    await act(`/tasks/${encodeURIComponent(task.id)}/retry`, { input: JSON.parse(text.value) })
  }
  return (
    <Dialog
      title={`Edit the input of ${task.task}`}
      confirm="Retry with this input"
      wide
      onConfirm={confirm}
      onClose={onClose}
    >
      <label class="field">
        <span>Input, JSON</span>
        <textarea
          class="mono"
          rows={Math.min(22, text.value.split('\n').length + 2)}
          spellcheck={false}
          value={text.value}
          aria-invalid={wrong !== undefined}
          aria-describedby="edit-note"
          onInput={({ currentTarget }) => (text.value = currentTarget.value)}
        />
      </label>
      <p id="edit-note" class={wrong === undefined ? 'muted' : 't bad'}>
        {wrong ??
          (task.sensitive.length > 0
            ? 'Fields that say [redacted] keep their stored values.'
            : 'The task’s schema checks it before anything changes.')}
      </p>
    </Dialog>
  )
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

function syntaxProblem(text: string): string | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
