import type { ErrorData, TaskInfo } from '../../shared/index.ts'
import { instantText, jsonOf, type Output } from '../output.ts'

export function showTask(info: TaskInfo, output: Output): void {
  if (output.json) return output.data(info)
  const { colors } = output
  const color = info.state === 'SUCCESS' ? colors.green : info.state === 'FAILURE' ? colors.red : colors.yellow
  output.fields([
    ['id', info.id],
    ['task', info.task],
    ['queue', info.queue],
    ['state', `${color(info.state)}${info.reason === undefined ? '' : ` (${info.reason})`}`],
    ['attempts', String(info.attempt)],
    ['input', shownValue(info.input)],
    ['result', info.state === 'SUCCESS' && !info.hidden ? shownValue(info.result) : undefined],
    ['result', info.hidden ? 'no longer kept' : undefined],
    ['error', info.error && errorText(info.error)],
    ['progress', shownValue(info.progress)],
    ['enqueued', instantText(info.enqueuedAt)],
    ['available', instantText(info.availableAt)],
    ['started', instantText(info.startedAt)],
    ['finished', instantText(info.finishedAt)],
    ['expires', instantText(info.expires)],
    ['asked to stop', instantText(info.revokeRequestedAt)],
    ['parent', info.parent],
    ['root', info.root === info.id ? undefined : info.root],
    ['headers', Object.keys(info.headers).length === 0 ? undefined : JSON.stringify(info.headers)],
  ])
  if (info.attempts.length > 1 || info.error !== undefined) {
    output.line('')
    output.table(info.attempts, [
      { title: 'attempt', value: ({ attempt }) => String(attempt), align: 'right' },
      { title: 'started', value: ({ startedAt }) => instantText(startedAt) ?? '' },
      {
        title: 'ms',
        value: ({ startedAt, endedAt }) => String(endedAt.getTime() - startedAt.getTime()),
        align: 'right',
      },
      { title: 'outcome', value: ({ outcome }) => outcome },
      {
        title: 'error',
        value: ({ error }) => (error === undefined ? '' : `${error.name}: ${error.message}`),
        flexible: true,
      },
    ])
  }
}

function shownValue(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(jsonOf(value))
}

/** The stack, which begins with name and message, and what caused it. */
function errorText(error: ErrorData): string {
  const text = error.stack ?? `${error.name}: ${error.message}`
  return error.cause === undefined ? text : `${text}\ncaused by ${errorText(error.cause)}`
}
