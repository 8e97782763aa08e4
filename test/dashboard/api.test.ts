import { describe, expect, it } from 'vitest'
import * as z from 'zod/mini'
import { tokenGate } from '../../shared/dashboard/guard.ts'
import { createHandler } from '../../shared/dashboard/handler.ts'
import { routes } from '../../shared/dashboard/routes.ts'
import { answers } from '../../shared/dashboard/schemas.ts'
import { shop } from '../insight/shop.ts'

const host = 'http://127.0.0.1:4180'

interface Ask {
  readonly as?: string
  readonly body?: object | string
  readonly headers?: Readonly<Record<string, string>>
}

function world(options: { readonly readOnly?: boolean } = {}) {
  const { app, test, ...rest } = shop()
  const handler = createHandler(app, {
    authorize: ({ headers }) => {
      const name = headers.get('authorization')
      return name === 'ada' ? { name, role: 'operator' } : name === 'vera' ? { name, role: 'viewer' } : undefined
    },
    file: async (path) => (path === '/index.html' ? new Response('<script src="./assets/a.js">') : undefined),
    version: '1.2.3',
    onError: () => {},
    ...options,
  })
  const ask = async (method: 'GET' | 'POST', path: string, { as = 'ada', body, headers = {} }: Ask = {}) => {
    const request = new Request(`${host}/api/v1${path}`, {
      method,
      headers: {
        ...(as !== '' && { authorization: as }),
        ...(method === 'POST' && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(method === 'POST' && { body: typeof body === 'string' ? body : JSON.stringify(body ?? {}) }),
    })
    const response = await handler(request)
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
  }
  return { app, test, handler, ask, ...rest }
}

describe('API', () => {
  it('answers as openapi.json says, route by route', async () => {
    const { ask, test, charge, send } = world()
    const failed = await charge.delay({ order: 'ord_1', amount: 500 })
    await send.delay({ to: 'ada@example.com' })
    await test.run()
    await send.applyAsync({ to: 'bob@example.com' }, { countdown: '10m' })
    const { body: causes } = await ask('GET', '/failures')
    const asked: readonly (readonly [path: string, answer: z.ZodMiniType])[] = [
      ['/app', answers.app],
      ['/overview', answers.overview],
      ['/queues', answers.queues],
      ['/queues/orders', answers.queue],
      ['/tasks?q=state:failure', answers.tasks],
      [`/tasks/${failed.id}`, answers.task],
      ['/failures', answers.causes],
      [`/failures/${causes.causes[0].fingerprint}`, answers.cause],
      ['/running', answers.running],
      ['/names', answers.names],
    ]
    expect(asked).toHaveLength(routes.filter(({ method }) => method === 'GET').length)
    for (const [path, answer] of asked) {
      const { status, body } = await ask('GET', path)
      expect([path, status]).toEqual([path, 200])
      expect(z.safeParse(answer, body).error, path).toBeUndefined()
    }
  })

  it('pauses, resumes, calls, revokes, retries and forgets', async () => {
    const { ask, app, test, charge, broken } = world()
    const { controls } = app.ports()
    expect((await ask('POST', '/queues/orders/pause')).body).toEqual({ queue: 'orders', paused: true })
    expect((await controls.read('orders')).pausedAt).toBeDefined()
    await ask('POST', '/queues/orders/resume')
    expect((await controls.read('orders')).pausedAt).toBeUndefined()
    const called = await ask('POST', '/tasks', { body: { task: 'emails.send', input: { to: 'ada@example.com' } } })
    expect(called.body.state).toBe('QUEUED')
    expect((await ask('POST', `/tasks/${called.body.id}/revoke`)).body.state).toBe('REVOKED')
    const handle = await charge.delay({ order: 'ord_1', amount: 500 })
    await test.run()
    const refused = await ask('POST', `/tasks/${handle.id}/retry`, { body: { input: { order: 'ord_1', amount: -1 } } })
    expect(refused).toMatchObject({ status: 422, body: { issues: [{ path: 'amount' }] } })
    broken.value = false
    expect((await ask('POST', '/tasks/retry', { body: { ids: [handle.id, 'nobody'] } })).body).toMatchObject({
      retried: [handle.id],
      failed: [{ id: 'nobody' }],
    })
    await test.run()
    expect(await handle.get()).toEqual({ charged: 500 })
    expect(await ask('POST', `/tasks/${handle.id}/retry`)).toMatchObject({ status: 409 })
    expect((await ask('POST', `/tasks/${handle.id}/forget`)).body.state).toBe('SUCCESS')
    expect((await ask('GET', `/tasks/${handle.id}`)).body.forgotten).toBe(true)
  })

  it('says what is wrong and what to do', async () => {
    const { ask } = world()
    expect(await ask('GET', '/tasks/nobody')).toMatchObject({
      status: 404,
      body: { remedy: expect.stringContaining('id') },
    })
    expect(await ask('GET', '/queues/nowhere')).toMatchObject({
      status: 404,
      body: { detail: expect.stringContaining('orders') },
    })
    expect(await ask('GET', '/overview?last=x')).toMatchObject({ status: 400 })
    expect(await ask('GET', '/overview?from=2&to=1')).toMatchObject({ status: 400 })
    expect(await ask('GET', '/tasks?cursor=abc')).toMatchObject({ status: 400 })
    expect(await ask('POST', '/tasks', { body: '{' })).toMatchObject({ status: 400 })
    expect(await ask('POST', '/tasks/retry', { body: { ids: [] } })).toMatchObject({ status: 400 })
    expect(await ask('GET', '/nothing')).toMatchObject({
      status: 404,
      body: { remedy: expect.stringContaining('openapi') },
    })
  })

  it('spares the body when nothing changed', async () => {
    const { ask } = world()
    const { headers } = await ask('GET', '/names')
    const again = await ask('GET', '/names', { headers: { 'if-none-match': headers.get('etag') ?? '' } })
    expect(again.status).toBe(304)
  })
})

describe('security', () => {
  it('lets nobody in who is not known, and viewers only look', async () => {
    const { ask } = world()
    for (const { method, path } of routes)
      expect([path, (await ask(method, path, { as: '' })).status]).toEqual([path, 401])
    expect((await ask('GET', '/overview', { as: 'vera' })).status).toBe(200)
    const writes = routes.filter(({ method }) => method === 'POST')
    expect(writes.length).toBeGreaterThan(5)
    for (const { path } of writes) expect([path, (await ask('POST', path, { as: 'vera' })).status]).toEqual([path, 403])
    const { ask: askReadOnly } = world({ readOnly: true })
    for (const { path } of writes) expect([path, (await askReadOnly('POST', path)).status]).toEqual([path, 403])
  })

  it.each<[string, Record<string, string>, number]>([
    ['a foreign origin', { origin: 'https://evil.example' }, 403],
    ['an origin that is no address', { origin: 'null' }, 403],
    ['another site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['another port of this machine', { origin: 'http://127.0.0.1:9999' }, 403],
    ['a form', { 'content-type': 'text/plain' }, 415],
    ['the page itself', { origin: host, 'sec-fetch-site': 'same-origin' }, 200],
  ])('a write of %s', async (_name, headers, status) => {
    const { ask } = world()
    expect((await ask('POST', '/queues/orders/pause', { headers })).status).toBe(status)
  })

  it('sends its headers with everything, and the page where it is mounted', async () => {
    const { handler } = world()
    for (const path of ['/', '/tasks/1', '/assets/none.js', '/api/v1/app']) {
      const { headers } = await handler(new Request(host + path))
      expect(headers.get('content-security-policy')).toContain("require-trusted-types-for 'script'")
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.has('access-control-allow-origin')).toBe(false)
    }
    expect(await (await handler(new Request(`${host}/deep/page`))).text()).toBe('<script src="/assets/a.js">')
  })

  it('compares tokens, and stops guessing', async () => {
    const clock = { now: 0 }
    const gate = tokenGate('right', { name: 'ada', role: 'operator' }, () => clock.now)
    const ask = (token: string) => gate(new Request(host, { headers: { authorization: `Bearer ${token}` } }))
    expect(await ask('right')).toMatchObject({ name: 'ada' })
    for (let n = 0; n < 10; n++) expect(await ask(`wrong${n}`)).toBeUndefined()
    expect(() => ask('right')).toThrow('More than 10')
    clock.now = 1_001
    expect(await ask('right')).toMatchObject({ name: 'ada' })
  })
})
