import { InputError } from 'celeriac'
import { describe, expect, it } from 'vitest'
import { retryTask } from '../../shared/operate/retry-task.ts'
import { shop } from '../insight/shop.ts'

function failing() {
  const world = shop()
  const deps = { app: world.app.definition, ports: world.app.ports() }
  return {
    ...world,
    retry: (id: string, input?: object) => retryTask(deps, id, input === undefined ? {} : { input: input as never }),
  }
}

describe('retryTask', () => {
  it('runs a failed task again, and its dead letter then does no harm', async () => {
    const { test, charge, broken, retry } = failing()
    const handle = await charge.delay({ order: 'ord_1', amount: 500 })
    await test.run()
    expect(await handle.state()).toBe('FAILURE')
    broken.value = false
    await retry(handle.id)
    expect(await handle.state()).toBe('QUEUED')
    await test.run()
    expect(await handle.get()).toEqual({ charged: 500 })
    await test.redrive('orders')
    await test.run()
    expect(await handle.info()).toMatchObject({ state: 'SUCCESS', attempt: 1 })
  })

  it('runs it with another input, which the schema checks first', async () => {
    const { test, charge, retry } = failing()
    const handle = await charge.delay({ order: 'ord_1', amount: 500 })
    await test.run()
    await expect(retry(handle.id, { order: 'ord_1', amount: -1 })).rejects.toThrow(InputError)
    expect(await handle.state()).toBe('FAILURE')
    await retry(handle.id, { order: 'ord_1', amount: 50 })
    await test.run()
    expect(await handle.get()).toEqual({ charged: 50 })
  })

  it('keeps what is blanked', async () => {
    const { app, test, send, insight, retry } = failing()
    const handle = await send.delay({ to: 'ada@example.com', secret: 'tulip' })
    await handle.revoke()
    await retry(handle.id, { to: 'bob@example.com', secret: '[redacted]' })
    const [record] = await app.ports().records.read([handle.id], { consistent: true })
    expect(JSON.parse(record?.input ?? '')).toEqual({ to: 'bob@example.com', secret: 'tulip' })
    await test.run()
    expect((await insight.task(handle.id)).state).toBe('SUCCESS')
  })

  it('refuses what is open, what succeeded, and what was forgotten', async () => {
    const { test, charge, retry } = failing()
    const good = await charge.delay({ order: 'ord_1', amount: 1 })
    await expect(retry(good.id)).rejects.toMatchObject({ code: 'task-open' })
    await test.run()
    await expect(retry(good.id)).rejects.toMatchObject({ code: 'task-succeeded' })
    const bad = await charge.delay({ order: 'ord_2', amount: 500 })
    await test.run()
    await bad.forget()
    await expect(retry(bad.id)).rejects.toMatchObject({ code: 'input-gone' })
  })

  it('is done once when two ask at the same time', async () => {
    const { test, charge, broken, retry } = failing()
    const handle = await charge.delay({ order: 'ord_1', amount: 500 })
    await test.run()
    broken.value = false
    const answers = await Promise.allSettled([retry(handle.id), retry(handle.id)])
    expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(await test.run()).toBe(1)
  })
})
