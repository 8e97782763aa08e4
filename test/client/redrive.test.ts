import { expect, it } from 'vitest'
import { createApp, RejectError } from '../../shared/index.ts'
import { createTestApp } from '../../shared/testing.ts'

function world() {
  let mended = false
  const runs: string[] = []
  const app = createApp({ name: 'dead', queues: { mail: {}, pay: {} }, defaults: { retry: false } })
  const send = app.task('send', { queue: 'mail', sensitive: ['card'] }, ({ to }: { to: string; card?: string }) => {
    runs.push(to)
    if (!mended) throw new TypeError(`no ${to}`)
    return to
  })
  const pay = app.task('pay', { queue: 'pay' }, () => {
    if (!mended) throw new RejectError('closed')
    return 'paid'
  })
  const kit = createTestApp(app)
  const mend = (): void => {
    mended = true
  }
  return { app, send, pay, kit, runs, mend }
}

it('all dead letters are sent back and run once each; their handles give the new result', async () => {
  const { app, send, pay, kit, runs, mend } = world()
  const handles = await Promise.all(['a', 'b'].map((to) => send.delay({ to })))
  const paid = await pay.delay(undefined)
  await kit.run()
  expect(kit.deadLetters()).toHaveLength(3)
  mend()
  const report = await app.redrive()
  expect(report).toMatchObject({ examined: 3, left: 0, failed: [] })
  expect(report.redriven.map(({ task, reason }) => `${task} ${reason}`).sort()).toEqual([
    'pay rejected',
    'send failure',
    'send failure',
  ])
  await kit.run()
  expect(await Promise.all(handles.map((each) => each.get()))).toEqual(['a', 'b'])
  expect(await paid.get()).toBe('paid')
  expect(runs.slice(2).sort()).toEqual(['a', 'b'])
  expect(kit.deadLetters()).toEqual([])
})

it('a filter leaves the others where they are', async () => {
  const { app, send, pay, kit } = world()
  const first = await send.delay({ to: 'a' })
  await send.delay({ to: 'b' })
  await pay.delay(undefined)
  await kit.run()
  expect(await app.redrive({ ids: [first.id] })).toMatchObject({ redriven: [{ id: first.id }], left: 2 })
  await kit.advance('3m')
  expect(await app.redrive({ task: 'pay' })).toMatchObject({ redriven: [{ task: 'pay' }] })
  await kit.advance('3m')
  expect(await app.redrive({ reason: 'no-such' })).toMatchObject({ redriven: [], left: 3 })
  await kit.advance('3m')
  expect(await app.redrive({ limit: 1, queues: ['mail'] })).toMatchObject({ examined: 1, redriven: [{ task: 'send' }] })
})

it('a message that cannot be sent stays a dead letter; one that cannot be deleted runs once', async () => {
  const { app, send, kit, runs, mend } = world()
  await send.delay({ to: 'a' })
  await kit.run()
  mend()
  kit.inject({ at: 'queues.send', type: 'throttled' })
  expect(await app.redrive()).toMatchObject({ redriven: [], failed: [{ task: 'send' }] })
  await kit.advance('3m')
  kit.inject({ at: 'queues.acknowledge', type: 'throttled' })
  expect((await app.redrive()).redriven).toHaveLength(1)
  await kit.advance('3m')
  expect((await app.redrive()).redriven).toHaveLength(1)
  await kit.run()
  expect(runs).toEqual(['a', 'a'])
  expect(kit.deadLetters()).toEqual([])
})

it('what is no message of ours goes back as it is, and comes back', async () => {
  const { app, kit } = world()
  await kit.ports.queues.send('mail', [{ body: 'hello', attributes: { tenant: 't1' } }])
  await kit.run()
  expect(await app.inspect.deadLetters({ queue: 'mail' })).toMatchObject([
    { id: undefined, reason: 'not-json', body: 'hello' },
  ])
  await kit.advance('5s')
  expect(await app.redrive()).toMatchObject({ redriven: [{ id: undefined, reason: 'not-json' }] })
  await kit.run()
  expect(kit.deadLetters('mail')).toHaveLength(1)
})

it('looking shows the input without its secrets, and leaves the letter', async () => {
  const { app, send, kit } = world()
  await send.delay({ to: 'a', card: '4242-4242' })
  await kit.run()
  const [letter] = await app.inspect.deadLetters({ queue: 'mail' })
  expect(letter).toMatchObject({ task: 'send', reason: 'failure', attempts: 1, error: { name: 'TypeError' } })
  expect(JSON.stringify(letter)).not.toContain('4242')
  expect(kit.deadLetters('mail')).toHaveLength(1)
})

it('options that cannot work are refused', async () => {
  const { app } = world()
  await expect(app.redrive({ queues: ['mial'] })).rejects.toThrow(/redrive: queue: expected one of 'mail', 'pay'/)
  await expect(app.redrive({ limit: 0 })).rejects.toThrow(/limit: expected 1 or more, received 0/)
})

it('what dies again at once is sent back once', async () => {
  const { app, send, kit, runs } = world()
  await send.delay({ to: 'a' })
  await send.delay({ to: 'b' })
  await kit.run()
  // A worker beside it works whatever is sent back before the next request.
  const report = await app.redrive({ onProgress: () => void kit.run() })
  expect(report.redriven).toHaveLength(2)
  await kit.run()
  expect(runs).toHaveLength(4)
})
