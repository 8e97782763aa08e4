import { useSignal } from '@preact/signals'
import { Icon } from './icon.tsx'

/** The clipboard needs HTTPS or this machine; selecting a text works everywhere. */
async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    const area = document.createElement('textarea')
    area.value = text
    document.body.append(area)
    area.select()
    document.execCommand('copy')
    area.remove()
  }
}

export function CopyButton({
  text,
  label,
  word,
}: {
  readonly text: string
  readonly label: string
  readonly word?: string
}) {
  const done = useSignal(false)
  const onClick = (): void => {
    void copy(text).then(() => {
      done.value = true
      setTimeout(() => (done.value = false), 1_200)
    })
  }
  return (
    <button
      type="button"
      class={word === undefined ? 'btn small plain bare' : 'btn small'}
      aria-label={label}
      onClick={onClick}
    >
      <Icon name={done.value ? 'check' : 'copy'} />
      {word}
    </button>
  )
}
