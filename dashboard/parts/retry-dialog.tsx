import { count } from '../lib/format.ts'
import { Dialog } from './dialog.tsx'

interface Retried {
  readonly retried: readonly string[]
  readonly failed: readonly { readonly id: string; readonly problem: string }[]
}

interface RetryDialogProps {
  readonly ids: readonly string[]
  retry(ids: readonly string[]): Promise<Retried>
  onDone(): void
  onClose(): void
}

/** Runs several tasks again. What cannot be retried is named; the others are. */
export function RetryDialog({ ids, retry, onDone, onClose }: RetryDialogProps) {
  const confirm = async (): Promise<void> => {
    const { retried, failed } = await retry(ids)
    onDone()
    if (failed.length > 0)
      throw new Error(`${count(retried.length)} run again, ${count(failed.length)} do not: ${failed[0]?.problem}`)
  }
  return (
    <Dialog
      title={`Retry ${count(ids.length)} ${ids.length === 1 ? 'task' : 'tasks'}`}
      confirm={`Retry ${count(ids.length)}`}
      onConfirm={confirm}
      onClose={onClose}
    >
      <p>
        Each is opened anew with its own input, and counts its attempts from one. Tasks that run, wait or succeeded are
        left alone.
      </p>
    </Dialog>
  )
}
