import type { TaskDetail } from '../../shared/ports/insight.ts'
import { ago, duration, exactTime, time } from '../lib/format.ts'
import { links } from '../lib/links.ts'
import { now } from '../lib/live.ts'
import { Icon } from './icon.tsx'
import { kindOf } from './state.tsx'

const reasons: Readonly<Record<string, string>> = {
  failure: 'Its message is a dead letter.',
  rejected: 'The task rejected its message, which is a dead letter.',
  'worker-lost': 'Its worker died in the middle of it: memory ran out, or it was killed.',
  'input-refused': 'Its input does not match the schema, so it was not tried again.',
  'unknown-task': 'No worker knows this task: deploy one that does.',
  'result-refused': 'Its result cannot be stored.',
  'enqueue-failed': 'Its message could not be sent.',
}

/** The whole story in one line. */
export function TaskSentence({ task }: { readonly task: TaskDetail }) {
  const at = now.value
  const attempts = `${task.attempt}${task.maxAttempts === undefined ? '' : ` of ${task.maxAttempts}`} ${task.attempt === 1 && task.maxAttempts === undefined ? 'attempt' : 'attempts'}`
  return (
    <div class={`say ${kindOf(task.state)}`}>
      <Icon
        name={
          task.state === 'FAILURE'
            ? 'x-circle-fill'
            : task.state === 'SUCCESS'
              ? 'check-circle-fill'
              : task.state === 'STARTED'
                ? 'play'
                : 'clock'
        }
      />
      <span>
        <b title={task.finishedAt === undefined ? '' : exactTime(task.finishedAt)}>{headline(task, attempts, at)}</b>{' '}
        {task.reason === undefined ? '' : (reasons[task.reason] ?? `Reason: ${task.reason}.`)}{' '}
        {task.state === 'FAILURE' && task.fingerprint !== undefined && (
          <a href={links.cause(task.fingerprint)}>Failures of the same cause</a>
        )}
        {task.revokeRequestedAt !== undefined &&
          task.state === 'STARTED' &&
          `It was asked to stop ${ago(task.revokeRequestedAt, at)}.`}
      </span>
    </div>
  )
}

function headline(
  { state, finishedAt, startedAt, availableAt, enqueuedAt, runMs, leaseUntil, error }: TaskDetail,
  attempts: string,
  at: number,
): string {
  const when = finishedAt === undefined ? '' : ` ${ago(finishedAt, at)}`
  switch (state) {
    case 'FAILURE':
      return `Failed${when} after ${attempts}.`
    case 'SUCCESS':
      return `Succeeded${when}${runMs === undefined ? '' : `: the last run took ${duration(runMs)}`}.`
    case 'STARTED':
      return `Runs since ${startedAt === undefined ? 'a while' : duration(at - startedAt)}.${leaseUntil !== undefined && leaseUntil < at ? ' Its worker has not been heard of: it will be run again.' : ''}`
    case 'RETRY':
      return `Waits for its next attempt${availableAt === undefined ? '' : `, ${ago(availableAt, at)}`}, after ${attempts}${error === undefined ? '' : ` and ${error.name}`}.`
    case 'SCHEDULED':
      return `To be started ${availableAt === undefined ? 'later' : `${ago(availableAt, at)}, at ${time(availableAt)}`}.`
    case 'WAITING':
      return 'Waits for others: it is sent when they have ended.'
    case 'QUEUED':
      return `Waits since ${duration(at - Math.max(enqueuedAt, availableAt ?? 0))}.`
    case 'REVOKED':
      return `Revoked${when}: it does not run.`
    case 'EXPIRED':
      return `Expired${when}: it was not started in time.`
    case 'IGNORED':
      return `Ignored${when}: the task said that it need not be done.`
    default:
      return state satisfies never
  }
}
