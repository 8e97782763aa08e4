import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { type Local, startLocal } from 'celeriac/local'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPage } from '../../scripts/dashboard.ts'
import { type LocalDashboard, startDashboard } from '../../shared/dashboard.ts'
import { enqueueSome, loadedShop, wait } from './load.ts'

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
const hasChromium = existsSync(executablePath)
if (!hasChromium) {
  console.warn(
    `The page is not tested: there is no Chromium at ${executablePath}. apt-get install chromium, or set CHROMIUM.`,
  )
}
const args =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const slow = 60_000

describe.skipIf(!hasChromium)('page', () => {
  const shop = loadedShop()
  const complaints: string[] = []
  let local: Local
  let dashboard: LocalDashboard
  let browser: Browser
  let page: Page

  const open = async (path: string) => {
    await page.goto(new URL(path, dashboard.url).href)
    await page.waitForSelector('main')
  }
  const button = (name: string | RegExp) => page.getByRole('button', { name })

  beforeAll(async () => {
    const publicFolder = fileURLToPath(new URL('../../dist/dashboard/public', import.meta.url))
    if (!existsSync(`${publicFolder}/index.html`)) await buildPage(publicFolder)
    local = await startLocal(shop.app, { telemetry: { event() {}, log() {} }, onLog() {}, onProblem() {} })
    dashboard = await startDashboard(shop.app, { name: 'ada@this machine', where: 'this machine' })
    browser = await chromium.launch({ executablePath, args: args.split(' ') })
    page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    page.setDefaultTimeout(30_000)
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    for (let round = 0; round < 4; round++) await enqueueSome(shop, round)
    await page.goto(dashboard.url)
  }, slow)

  afterAll(async () => {
    await browser?.close()
    await dashboard?.close()
    await local?.stop({ drain: false })
  }, slow)

  it('takes the key out of the address, and shows figures, queues and causes', { timeout: slow }, async () => {
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    expect(page.url()).not.toContain('k=')
    await page.getByRole('link', { name: 'orders', exact: true }).waitFor()
    await page.getByText('StripeTimeoutError').first().waitFor()
  })

  it('finds a failing task by its error, edits its input, retries it, and sees it succeed', {
    timeout: slow,
  }, async () => {
    await open('/')
    await page.keyboard.press('/')
    await page.keyboard.type('error:"stripe.com timed out" state:failed')
    await page.keyboard.press('Enter')
    await page.locator('a.task').first().click()
    await page.getByText('Its message is a dead letter.').waitFor()
    expect(await page.locator('.json').first().textContent()).toContain('[redacted]')
    await page.keyboard.press('e')
    const text = page.getByRole('textbox', { name: 'Input, JSON' })
    const input = JSON.parse(await text.inputValue())
    await text.fill(JSON.stringify({ ...input, amount: -5 }))
    await button('Retry with this input').click()
    await page
      .getByRole('dialog')
      .getByText(/^amount: /)
      .waitFor()
    await text.fill(JSON.stringify({ ...input, amount: 99 }))
    await button('Retry with this input').click()
    await page.getByText(/^Succeeded .* ago|^Succeeded now/).waitFor()
    expect(await page.locator('.json').nth(1).textContent()).toContain('99')
  })

  it('retries all of a cause once it is mended', { timeout: slow }, async () => {
    shop.stripe.isDown = false
    await open('/failures')
    await page.getByRole('heading', { name: /StripeTimeoutError/ }).waitFor()
    await button(/^Retry (all|the newest)/).click()
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Retry \d/ })
      .click()
    await page
      .getByText('No failure of this range has this cause')
      .or(page.getByRole('heading', { name: /RangeError/ }))
      .waitFor()
    await open('/tasks?q=task:orders.charge%20state:failure')
    await page.getByText('No task of this range fits').waitFor()
  })

  it('pauses a queue, and resumes it with nothing lost', { timeout: slow }, async () => {
    await open('/queues/images')
    await button('Pause').first().click()
    await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click()
    await button('Resume').first().waitFor()
    await wait(5_500)
    const { id } = await shop.resize.delay({ file: 'held.jpg' })
    await wait(1_000)
    expect(await shop.app.result(id).state()).toBe('QUEUED')
    await button('Resume').first().click()
    await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click()
    await button('Pause').waitFor()
    expect(await shop.app.result(id).get({ timeout: '40s' })).toBe('held.jpg')
  })

  it('shows hostile names and errors as text', { timeout: slow }, async () => {
    const bomb = '<img src=x onerror="document.title=1">\u202egnp.exe'
    const { id } = await shop.deliver.delay({ url: bomb })
    await shop.app.result(id).get({ propagate: false, timeout: '30s' })
    await open(`/tasks/${id}`)
    await page.locator('.err').getByText('<img src=x').waitFor()
    expect(await page.locator('main img').count()).toBe(0)
    expect(await page.locator('.err').textContent()).not.toContain('\u202e')
  })

  const pages = ['/', '/queues', '/queues/orders', '/tasks', '/failures', '/running', '/names', '/settings']
  it.each(['light', 'dark'] as const)('has nothing that axe finds, %s', { timeout: 3 * slow }, async (colorScheme) => {
    await page.emulateMedia({ colorScheme })
    const { id } = await shop.receipt.delay({ to: 'axe@example.com' })
    const findings: string[] = []
    for (const path of [...pages, `/tasks/${id}`]) {
      await open(path)
      await page.locator('main .card, main .empty').first().waitFor()
      // By the debugger's door: the page's own policy forbids scripts from elsewhere.
      await page.evaluate(axe)
      const found = await page.evaluate(async () => {
        const { axe } = globalThis as unknown as {
          axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
        }
        return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)
      })
      findings.push(...found.map((finding) => `${path} ${finding}`))
    }
    expect(findings).toEqual([])
  })

  it('keeps few rows in the document, and breaks no rule of its own policy', { timeout: slow }, async () => {
    await open('/tasks?t=14d')
    await page.locator('a.task').first().waitFor()
    expect(await page.locator('tbody tr').count()).toBeLessThanOrEqual(60)
    // The input that its schema refused is the one request that was meant to fail; so is the cause that is gone.
    expect(complaints.filter((text) => !/status of (422|404)/.test(text))).toEqual([])
  })
})
