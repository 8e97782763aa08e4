import type { Cause } from '../../shared/ports/insight.ts'
import { count, time, visible } from '../lib/format.ts'
import { links } from '../lib/links.ts'
import { now } from '../lib/live.ts'

/** When it came first and last. */
export function stretchOf({ firstAt, lastAt }: Cause, at: number): string {
  const last = at - lastAt < 60_000 ? 'now' : time(lastAt, { seconds: false })
  const first = time(firstAt, { seconds: false })
  return first === last ? first : `${first} – ${last}`
}

export function CauseList({ causes }: { readonly causes: readonly Cause[] }) {
  return (
    <ul class="groups">
      {causes.map((cause) => (
        <li key={cause.fingerprint}>
          <a class="cut" href={links.cause(cause.fingerprint)}>
            <b>{visible(cause.errorName)}</b> <span class="muted">in</span> {cause.tasks.map(visible).join(' · ')}
          </a>
          <span class="n num">{count(cause.count)}</span>
          <p class="cut">{visible(cause.message)}</p>
          <span class="when">{stretchOf(cause, now.value)}</span>
        </li>
      ))}
    </ul>
  )
}
