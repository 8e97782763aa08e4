import { visible } from '../lib/format.ts'
import { Icon } from './icon.tsx'

/** Where one is, with the way back. */
export function Path({
  steps,
  here,
  mono = false,
}: {
  readonly steps: readonly (readonly [string, string])[]
  readonly here: string
  readonly mono?: boolean
}) {
  return (
    <nav class="path" aria-label="Path">
      {steps.map(([name, href]) => (
        <span key={href} class="path-step">
          <a class="link" href={href}>
            {visible(name)}
          </a>
          <Icon name="chevron-right" small />
        </span>
      ))}
      <span class={mono ? 'mono' : ''} aria-current="page">
        {visible(here)}
      </span>
    </nav>
  )
}
