import { expect, it } from 'vitest'
import { purgeQueue } from '../../cli/purge-queue.ts'
import { createApp } from '../../shared/index.ts'
import { createTestApp } from '../../shared/testing.ts'
import { runCli } from './run-cli.ts'

function shop() {
  const app = createApp({ name: 'shop', queues: { emails: {} } })
  const ran: number[] = []
  const send = app.task('send', { queue: 'emails', retry: false }, async (number: number) => {
    ran.push(number)
    if (number < 0) throw new Error('negative')
  })
  return { app, send, ran, test: createTestApp(app) }
}

it('what waits is removed and revoked, what comes later runs', async () => {
  const { app, send, ran, test } = shop()
  const handles = await Promise.all(Array.from({ length: 25 }, (_, index) => send.delay(index)))
  const report = await purgeQueue(app, 'emails', { waitSeconds: 0 })
  expect(report).toEqual({ removed: 25, revoked: 25, running: 0, hidden: 0 })
  expect(new Set(await Promise.all(handles.map((handle) => handle.state())))).toEqual(new Set(['REVOKED']))
  expect((await app.reconcile()).sentAgain).toEqual([])
  await send.delay(100)
  await test.run()
  expect(ran).toEqual([100])
})

it('dead letters are removed, what waits stays; delayed messages are out of reach', async () => {
  const { app, send, test } = shop()
  await send.delay(-1)
  await test.run()
  expect(test.deadLetters()).toHaveLength(1)
  await send.applyAsync(1, { countdown: '5m' })
  expect(await purgeQueue(app, 'emails', { dead: true, waitSeconds: 0 })).toMatchObject({ removed: 1, revoked: 0 })
  expect(test.deadLetters()).toEqual([])
  expect(await purgeQueue(app, 'emails', { waitSeconds: 0 })).toMatchObject({ removed: 0, hidden: 1 })
})

it('without a terminal it wants --yes', async () => {
  const { code, stdout, stderr } = await runCli(['purge', 'quick', '--app', 'test/cli/fixtures/tasks.ts'])
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(/no terminal to confirm it on: add --yes/)
})
