import { createColors } from 'picocolors'
import { expect, test } from 'vitest'
import type { TaskEvent } from '../../../shared/index.ts'
import {
  formatEvent,
  formatLog,
  formatStatus,
  outputForPeople,
  outputForPrograms,
} from '../../../shared/local/dev/index.ts'

const options = {
  colors: createColors(false),
  folder: '/home/ada/shop',
  prefix: 'shop',
  queueWidth: 7,
  offsetMinutes: 0,
}
const at = Date.UTC(2026, 0, 1, 12, 3, 4, 567)
const task = { at, queue: 'emails', task: 'emails.send', id: '0197b5f0-7c1e-7000-8000-0000deadbeef' }
const error = {
  name: 'TypeError',
  message: 'x is not a function\nmore of it',
  stack: [
    'TypeError: x is not a function',
    '    at deep (/home/ada/shop/node_modules/lib/index.js:1:1)',
    '    at send (/home/ada/shop/src/send.ts:12:9)',
    '    at <anonymous> (file:///home/ada/shop/tasks.ts:7:7)',
    '    at third (/home/ada/shop/src/third.ts:1:1)',
    '    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)',
  ].join('\n'),
}
const line = (text: string) => `12:03:04.567 emails  emails.send deadbeef  ${text}`

test.each<[TaskEvent, string]>([
  [{ ...task, type: 'queued' }, line('queued')],
  [{ ...task, type: 'queued', availableAt: at + 90_000 }, line('queued  due in 90 s')],
  [{ ...task, type: 'started', attempt: 1, receiveCount: 1 }, line('started')],
  [{ ...task, type: 'started', attempt: 2, receiveCount: 2 }, line('started  attempt 2')],
  [
    { ...task, type: 'succeeded', attempt: 1, runMs: 12.4, waitMs: 3_210 },
    line('succeeded  in 12 ms, 3.2 s in the queue'),
  ],
  [
    { ...task, type: 'retried', attempt: 1, delayMs: 600_000, error },
    line('retried  attempt 1 failed, again in 10 min: TypeError: x is not a function (src/send.ts:12:9)'),
  ],
  [
    { ...task, type: 'retried', attempt: 1, delayMs: 10, error: { name: 'E', message: 'm' } },
    line('retried  attempt 1 failed, again in 10 ms: E: m'),
  ],
  [
    { ...task, type: 'failed', attempt: 4, error, expected: false },
    `${line('failed  attempt 4, the last: TypeError: x is not a function')}\n    at send (src/send.ts:12:9)\n    at tasks.ts:7:7`,
  ],
  [
    { ...task, type: 'failed', attempt: 1, error, expected: true },
    line('failed  attempt 1, the last, as expected: TypeError: x is not a function'),
  ],
  [{ ...task, type: 'dead-lettered', reason: 'failure' }, line('dead letter  failure')],
  [{ ...task, type: 'snoozed', delayMs: 8_000_000 }, line('snoozed  for 2.2 h')],
  [{ ...task, type: 'suspect' }, line('suspect  its process died; it runs alone next')],
  [{ ...task, type: 'finished-again' }, line('came again  finished before, acknowledged')],
  [{ ...task, type: 'handed-back' }, line('handed back')],
  [{ ...task, type: 'revoked' }, line('revoked')],
])('%o', (event, text) => {
  expect(formatEvent(event, options)).toBe(text)
})

test.each([
  ['console.log', '2026-01-01T12:03:04.567Z\tid\tINFO\thello\rworld', ' info  hello\n    world'],
  ['console.error', '2026-01-01T12:03:04.567Z\tid\tERROR\tno\ttabs lost', ' error  no\ttabs lost'],
  [
    'the worker',
    '{"at":"2026-01-01T12:03:04.567Z","level":"warn","message":"low","queue":"emails","left":3}',
    ' warn  low {"left":3}',
  ],
  [
    'ctx.log',
    '{"at":"2026-01-01T12:03:04.567Z","level":"info","message":"sent","to":"a","task":"emails.send","id":"0000deadbeef","attempt":1}',
    ' emails.send deadbeef  info  sent {"to":"a"}',
  ],
  ['anything', '{"at":', ' log  {"at":'],
])('a line of %s', (_what, text, shown) => {
  const logged = { functionName: 'shop-emails', requestId: 'id', stream: 'stdout', text } as const
  expect(formatLog(logged, at, options)).toBe(`12:03:04.567 emails ${shown}`)
})

const ready = {
  type: 'ready',
  tookMs: 412,
  endpoints: { sqs: 'http://127.0.0.1:1', dynamodb: 'http://127.0.0.1:2' },
  table: 'shop',
  queues: { emails: { url: 'u', deadUrl: 'd' } },
  environment: { CELERIAC_PREFIX: 'shop' },
  tasks: ['a', 'b'],
} as const

test('statuses', () => {
  expect(formatStatus(ready, options)).toBe(
    [
      'Ready in 412 ms: 2 tasks in 1 queue.',
      '  SQS       http://127.0.0.1:1',
      '  DynamoDB  http://127.0.0.1:2  table shop',
      '  Dashboard npx celeriac dashboard --endpoint sqs=http://127.0.0.1:1,dynamodb=http://127.0.0.1:2',
      '  For other processes:',
      '    export CELERIAC_PREFIX=shop',
    ].join('\n'),
  )
  const reloaded = {
    type: 'reloaded',
    files: ['/home/ada/shop/tasks.ts', '/elsewhere/b.ts'],
    tookMs: 1,
    tasks: [],
  } as const
  expect(formatStatus(reloaded, options)).toBe('Reloaded in 1 ms: tasks.ts, /elsewhere/b.ts.')
  expect(formatStatus({ type: 'not-loaded', problem: 'tasks.ts:1:1: no.', goesOn: true }, options)).toBe(
    'Not loaded: tasks.ts:1:1: no.\n  The former version goes on. Waiting for a change.',
  )
  expect(formatStatus({ type: 'problem', problem: 'p' }, options)).toBe('Problem: p')
})

test('quietly only what goes wrong is told', () => {
  const written: string[] = []
  const quiet = {
    colors: createColors(false),
    folder: '/',
    quiet: true,
    write: (text: string) => written.push(text),
    now: () => at,
  }
  const output = outputForPeople(quiet)
  output.event({ ...task, type: 'started', attempt: 1, receiveCount: 1 })
  output.log({ functionName: 'shop-emails', requestId: undefined, stream: 'stdout', text: 'chatter' })
  expect(written).toEqual([])
  output.event({ ...task, type: 'dead-lettered', reason: 'failure' })
  expect(written).toHaveLength(1)
})

test('programs get one JSON text a line, the first with all they need', () => {
  const written: string[] = []
  const output = outputForPrograms((text) => written.push(text))
  output.status(ready)
  output.event({ ...task, type: 'queued' })
  output.log({ functionName: 'shop-emails', requestId: 'r', stream: 'stderr', text: 'two\nlines' })
  output.note('for people')
  expect(written.map((text) => JSON.parse(text))).toEqual([
    ready,
    { ...task, type: 'queued' },
    { type: 'log', functionName: 'shop-emails', requestId: 'r', stream: 'stderr', text: 'two\nlines' },
  ])
  expect(written.every((text) => !text.includes('\n'))).toBe(true)
})
