import type { DeadLetterInfo } from '../../shared/index.ts'
import { type Column, instantText, jsonOf, type Output } from '../output.ts'

export function showLetters(letters: readonly DeadLetterInfo[], output: Output): void {
  if (output.json) return output.data(letters)
  if (letters.length === 0 && output.isTerminal) return output.line('There are no dead letters.')
  output.table(letters, columns)
}

const columns: readonly Column<DeadLetterInfo>[] = [
  { title: 'dead', value: ({ deadAt }) => instantText(deadAt) ?? '' },
  { title: 'queue', value: ({ queue }) => queue },
  { title: 'task', value: ({ task }) => task ?? '' },
  { title: 'id', value: ({ id, messageId }) => id ?? messageId },
  { title: 'reason', value: ({ reason }) => reason },
  {
    title: 'error',
    value: ({ error }) => (error === undefined ? '' : `${error.name}: ${error.message}`),
    flexible: true,
  },
]

export function showLetter(letter: DeadLetterInfo, output: Output): void {
  if (output.json) return output.data(letter)
  const { id, messageId, task, queue, reason, attempts, error, input, body, deadAt } = letter
  output.fields([
    ['id', id],
    ['message', messageId],
    ['task', task],
    ['queue', queue],
    ['reason', reason],
    ['attempts', attempts === undefined ? undefined : String(attempts)],
    ['dead', instantText(deadAt)],
    ['input', input === undefined ? undefined : JSON.stringify(jsonOf(input))],
    ['error', error && (error.stack ?? `${error.name}: ${error.message}`)],
    ['body', body],
  ])
}
