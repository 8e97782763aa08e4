import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli, runCliProcess } from './run-cli.ts'
import { takePort } from './take-port.ts'

const app = ['--app', 'test/cli/fixtures/tasks.ts']
/** Port 9 is discard: nothing of ours listens there. */
const nowhere = ['--endpoint', 'http://127.0.0.1:9']

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'celeriac-cli-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function written(name: string, content: string): string {
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}

interface Mistake {
  readonly name: string
  readonly arguments: () => readonly string[]
  readonly code: number
  readonly says: readonly RegExp[]
  readonly cwd?: () => string
}

const mistakes: readonly Mistake[] = [
  {
    name: 'an unknown command',
    arguments: () => ['cal'],
    code: 2,
    says: [/Unknown command 'cal'/, /Did you mean call\?/],
  },
  { name: 'an unknown option', arguments: () => ['inspect', 'queues', '--jsn'], code: 2, says: [/--jsn/, /--json/] },
  { name: 'a missing argument', arguments: () => ['result'], code: 2, says: [/Missing required argument 'id'/] },
  {
    name: 'JSON that is none',
    arguments: () => ['call', 'greet', '{name:1}', ...app],
    code: 2,
    says: [/\{name:1\}/, /single quotes/],
  },
  {
    name: 'a task that is not there',
    arguments: () => ['call', 'gret', '{}', ...app],
    code: 2,
    says: [/no task 'gret'/, /Did you mean 'greet'\?/],
  },
  {
    name: 'a queue that is not there',
    arguments: () => ['pause', 'quik', ...app],
    code: 2,
    says: [/no queue 'quik'/, /'quick'/],
  },
  {
    name: 'an input that the schema refuses',
    arguments: () => ['call', 'greet', '{"name":7}', ...app, ...nowhere],
    code: 2,
    says: [/task 'greet'/, /name:/, /expected string/],
  },
  {
    name: 'a delay that is none',
    arguments: () => ['call', 'greet', '{}', '--countdown', 'soon', ...app],
    code: 2,
    says: [/--countdown/, /'soon'/, /30s/],
  },
  {
    name: 'an endpoint that is none',
    arguments: () => ['inspect', 'queues', '--endpoint', '127.0.0.1:9', ...app],
    code: 2,
    says: [/--endpoint/, /http:\/\/127\.0\.0\.1:4566/],
  },
  {
    name: 'an endpoint where nobody listens',
    arguments: () => ['inspect', 'task', 'x', ...app, ...nowhere],
    code: 1,
    says: [/celeriac dev/, /--endpoint/],
  },
  {
    name: 'an app that is not there',
    arguments: () => ['inspect', 'queues', '--app', 'nope.ts'],
    code: 2,
    says: [/--app/, /'nope\.ts'/],
  },
  {
    name: 'a folder without an app',
    arguments: () => ['inspect', 'queues'],
    cwd: () => folder,
    code: 2,
    says: [/No app was found/, /--app/, /"celeriac"/],
  },
  {
    name: 'a module without an app',
    arguments: () => ['inspect', 'queues', '--app', written('none.ts', 'export const x = 1')],
    code: 2,
    says: [/exports no app/, /createApp/],
  },
  {
    name: 'several apps in one module',
    arguments: () => ['inspect', 'queues', '--app', 'test/cli/fixtures/two-apps.ts'],
    code: 2,
    says: [/first, second/, /#first/],
  },
  {
    name: 'a syntax error in the app',
    arguments: () => ['inspect', 'queues', '--app', written('syntax.ts', 'export const app = (\n  1 2\n)')],
    code: 1,
    says: [/syntax\.ts:2:5/, /1 2/],
  },
  {
    name: 'an app that throws while loading',
    arguments: () => ['inspect', 'queues', '--app', written('throws.ts', 'throw new Error("SHOP_KEY is not set")')],
    code: 1,
    says: [/throws\.ts could not be loaded/, /SHOP_KEY is not set/],
  },
  {
    name: 'a worker of a queue that is not there',
    arguments: () => ['worker', '-Q', 'quick,slwo', ...app],
    code: 2,
    says: [/no queue 'slwo'/, /'slow'/],
  },
  {
    name: 'a worker without an app',
    arguments: () => ['worker'],
    cwd: () => folder,
    code: 2,
    says: [/No app was found/, /--app/],
  },
  {
    name: 'a worker where nobody listens',
    arguments: () => ['worker', ...app, ...nowhere],
    code: 1,
    says: [/celeriac dev/, /--endpoint/],
  },
  {
    name: 'a worker with a grace that is none',
    arguments: () => ['worker', '--grace', '-5s', ...app],
    code: 2,
    says: [/--grace/],
  },
  { name: 'a port that is none', arguments: () => ['sqs', '--port', '99999'], code: 2, says: [/--port/, /65535/] },
]

describe('a mistake is told in one paragraph, without a stack', () => {
  it.each(mistakes)('$name', async ({ arguments: given, code, says, cwd }) => {
    const run = await runCli(given(), cwd === undefined ? {} : { cwd: cwd() })
    for (const pattern of says) expect(run.stderr).toMatch(pattern)
    expect(run.stderr.trimEnd()).not.toContain('\n')
    expect(run.stderr).not.toMatch(/\n\s+at /)
    expect(run.stdout).toBe('')
    expect(run.code).toBe(code)
  })
})

it.each(['sqs', 'dynamodb'])('%s: a port that is taken is told in one paragraph', async (command) => {
  const { port, close } = await takePort('127.0.0.1')
  try {
    const { code, stdout, stderr } = await runCli([command, '--port', port])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(new RegExp(`^celeriac: Port ${port} is taken.*--port 0\\.\\n$`))
  } finally {
    close()
  }
})

it('a process of its own tells the same, and its exit code', async () => {
  const line = ['call', 'gret', '{}', ...app]
  const run = await runCliProcess(line)
  expect(run).toMatchObject({ code: 2, stdout: '' })
  expect(run).toEqual(await runCli(line))
})

it('--debug shows where it happened', async () => {
  const { stderr, code } = await runCli(['inspect', 'queues', '--app', 'nope.ts', '--debug'])
  expect(stderr).toMatch(/\n\s+at .*find-app\.ts/)
  expect(code).toBe(2)
})

it('help is printed on request, and for want of a command', async () => {
  const asked = await runCli(['--help'])
  expect(asked).toMatchObject({ code: 0, stderr: '' })
  for (const command of ['call', 'result', 'inspect', 'revoke', 'reconcile', 'dev'])
    expect(asked.stdout).toContain(`  ${command} `)
  expect(await runCli([])).toMatchObject({ code: 2, stdout: '' })
})
