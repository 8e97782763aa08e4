import { DefinitionError, TaskNotFoundError } from 'celeriac'
import { describe, expect, it } from 'vitest'
import { shop } from './shop.ts'

describe('insight', () => {
  it('counts what happened, queue by queue and name by name', async () => {
    const { test, insight, send, charge, lastHour } = shop()
    for (let n = 0; n < 30; n++) await send.delay({ to: `user${n}@example.com` })
    for (let n = 0; n < 4; n++) await charge.delay({ order: `ord_${n}`, amount: 500 })
    await test.run()
    await send.delay({ to: 'late@example.com' })
    await test.advance('0s').catch(() => {})
    const overview = await insight.overview(lastHour())
    expect(overview.figures).toMatchObject({ succeeded: 31, failed: 4, dead: 4 })
    expect(overview.series.succeeded.reduce((a, b) => a + b, 0)).toBe(31)
    expect(overview.looked).toMatchObject({ tasks: 35, complete: true })
    expect(overview.queues.map(({ queue, succeeded, failed }) => [queue, succeeded, failed])).toEqual([
      ['emails', 31, 0],
      ['orders', 0, 4],
    ])
    expect(overview.causes).toMatchObject([
      { errorName: 'TypeError', message: 'Card of order # was refused', count: 4, tasks: ['orders.charge'] },
    ])
    const { names } = await insight.names(lastHour())
    expect(names.map(({ task, succeeded }) => [task, succeeded])).toEqual([
      ['emails.send', 31],
      ['orders.charge', 0],
    ])
  })

  it('lists tasks newest first, page by page, each once', async () => {
    const { test, insight, send, charge, lastHour } = shop()
    const ids: string[] = []
    for (let n = 0; n < 25; n++) {
      ids.unshift((await send.delay({ to: `${n}@example.com` })).id)
      if (n % 3 === 0) ids.unshift((await charge.delay({ order: `${n}`, amount: 1 })).id)
      if (n % 5 === 0) await test.advance('1s')
    }
    const found: string[] = []
    let cursor: string | undefined
    do {
      const page = await insight.tasks({ ...lastHour(), limit: 7, ...(cursor && { cursor }) })
      expect(page.tasks.length).toBeLessThanOrEqual(7)
      found.push(...page.tasks.map(({ id }) => id))
      cursor = page.cursor
    } while (cursor !== undefined)
    expect(found).toHaveLength(ids.length)
    expect(new Set(found)).toEqual(new Set(ids))
    expect(found[0]?.slice(0, 8)).toBe(ids[0]?.slice(0, 8))
  })

  it('finds by error, by input and by state, and blanks what is sensitive', async () => {
    const { test, insight, send, charge, lastHour } = shop()
    const secret = await send.delay({ to: 'ada@example.com', secret: 'tulip' })
    const failed = await charge.delay({ order: 'ord_7', amount: 500 })
    await charge.delay({ order: 'ord_8', amount: 5 })
    await test.run()
    const find = async (search: string) =>
      (await insight.tasks({ ...lastHour(), limit: 50, search })).tasks.map(({ id }) => id)
    expect(await find('error:refused')).toEqual([failed.id])
    expect(await find('input.order:ord_7')).toEqual([failed.id])
    expect(await find('state:failure queue:orders')).toEqual([failed.id])
    expect(await find('input.to:ada*')).toEqual([secret.id])
    expect(await find('input:tulip')).toEqual([])
    const detail = await insight.task(secret.id)
    expect(JSON.parse(detail.input?.text ?? '')).toEqual({ to: 'ada@example.com', secret: '[redacted]' })
    await expect(insight.task('nobody')).rejects.toThrow(TaskNotFoundError)
    await expect(insight.queue('nowhere', lastHour())).rejects.toThrow(DefinitionError)
  })

  it('tells of a cause with its failures, and of what needs attention', async () => {
    const { test, app, insight, send, charge, lastHour } = shop()
    for (let n = 0; n < 25; n++) await charge.delay({ order: `ord_${n}`, amount: 500 })
    await test.run()
    await app.pause('emails')
    await send.delay({ to: 'ada@example.com' })
    const { causes } = await insight.causes(lastHour())
    const cause = await insight.cause(causes[0]?.fingerprint ?? '', lastHour())
    expect(cause).toMatchObject({ count: 25, byTask: [{ name: 'orders.charge', count: 25 }] })
    expect(cause?.failures).toHaveLength(25)
    expect(await insight.cause('a000', lastHour())).toBeUndefined()
    const { attention } = await insight.overview(lastHour())
    expect(attention.map(({ rule, queue }) => `${queue} ${rule}`)).toEqual(['orders failing', 'emails paused'])
  })
})
