import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Local } from 'celeriac/local'
import { createColors } from 'picocolors'

const at = (path: string) => relative(process.cwd(), fileURLToPath(new URL(path, import.meta.url)))

/** Commands for another terminal. The addresses are long: they are set once. */
export function nextSteps({ endpoints }: Pick<Local, 'endpoints'>, isTerminal: boolean): string {
  const { bold, cyan, dim } = createColors(isTerminal && !process.env.NO_COLOR)
  const app = at('tasks.ts')
  const order = JSON.stringify({ order: 'order-of-mine', grams: 900 })
  return [
    '',
    bold('It goes on running. In another terminal, in this folder:'),
    ...[
      `alias celeriac='npx tsx ${at('../../cli/main.ts')} --app ${app} --endpoint sqs=${endpoints.sqs},dynamodb=${endpoints.dynamodb}'`,
      'celeriac inspect queues',
      'celeriac inspect failures --limit 5',
      `celeriac call parcels.book '${order}' --wait`,
      'celeriac cost',
    ].map((command) => `  ${cyan(command)}`),
    dim('Ctrl-C ends it and leaves nothing behind.'),
  ].join('\n')
}
