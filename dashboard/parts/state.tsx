import type { IconName } from '../icon-names.ts'
import { Icon } from './icon.tsx'

/** Never by colour alone: icon, word, colour. */
const kinds: Readonly<Record<string, readonly [string, IconName, string]>> = {
  SUCCESS: ['ok', 'check-circle-fill', 'Success'],
  FAILURE: ['bad', 'x-circle-fill', 'Failure'],
  RETRY: ['retry', 'sync', 'Retry'],
  STARTED: ['run', 'play', 'Running'],
  SCHEDULED: ['plan', 'calendar', 'Scheduled'],
  WAITING: ['plan', 'hourglass', 'Waiting'],
  QUEUED: ['idle', 'clock', 'Queued'],
  REVOKED: ['idle', 'circle-slash', 'Revoked'],
  EXPIRED: ['idle', 'hourglass', 'Expired'],
  IGNORED: ['idle', 'skip', 'Ignored'],
  success: ['ok', 'check-circle-fill', 'Success'],
  failure: ['bad', 'x-circle-fill', 'Failure'],
  retry: ['retry', 'sync', 'Retry'],
  crash: ['bad', 'alert', 'Crash'],
  'crash-in-company': ['retry', 'alert', 'Crash nearby'],
  snooze: ['plan', 'clock', 'Snoozed'],
  requeue: ['idle', 'clock', 'Requeued'],
  ignored: ['idle', 'skip', 'Ignored'],
  revoked: ['idle', 'circle-slash', 'Revoked'],
}

export function kindOf(state: string): string {
  return kinds[state]?.[0] ?? 'idle'
}

export function State({ state }: { readonly state: string }) {
  const [kind, icon, word] = kinds[state] ?? ['idle', 'clock', state]
  return (
    <span class={`pill ${kind}`}>
      <Icon name={icon} />
      {word}
    </span>
  )
}
