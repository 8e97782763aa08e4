import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

function startShop(...arguments_: readonly string[]) {
  return spawn(process.execPath, ['--import', 'tsx', 'examples/shop/main.ts', ...arguments_], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

it('the shop works through its queues, checks what was done, and exits 0', { timeout: 240_000 }, async () => {
  const shop = startShop('--mails', '200', '--images', '4', '--calls', '30')
  const [stdout, stderr, [code]] = await Promise.all([text(shop.stdout), text(shop.stderr), once(shop, 'close')])
  expect(stderr).toBe('')
  expect(stdout).not.toContain('✘')
  expect(stdout).toContain('✔ each of 199 recipients got exactly one mail\n')
  expect(stdout).toContain('✔ 2 customers were enqueued twice and are one task each\n')
  expect(stdout).toContain('✔ 12 thumbnails have the right width and proportions\n')
  expect(stdout).toMatch(/✔ each of 30 orders was booked exactly once, though \d\d % of \d+ requests failed\n/)
  expect(stdout).toContain('emails: 1 × 550 5.1.1 No such mailbox\n')
  expect(code).toBe(0)
})

it('Ctrl-C in the middle of it leaves nothing behind', { timeout: 180_000 }, async () => {
  const shop = startShop('--mails', '5000', '--images', '2', '--calls', '50')
  const output: string[] = []
  let engine = ''
  await new Promise<void>((resolve, reject) => {
    shop.stdout.on('data', (chunk: Buffer) => {
      output.push(chunk.toString())
      engine = /DynamoDB at (\S+)/.exec(output.join(''))?.[1] ?? ''
      if (/emails [\d,]*[1-9][\d,]*\/5,000/.test(output.join(''))) resolve()
    })
    shop.on('close', () => reject(new Error(`It ended by itself: ${output.join('')}`)))
  })
  shop.removeAllListeners('close')
  shop.kill('SIGINT')
  const [code] = await once(shop, 'close')
  expect(code).toBe(130)
  expect(output.join('')).toMatch(/Stopped\.\n$/)
  const [, folder = ''] = /customers in (\S+)\/customers\.csv/.exec(output.join('')) ?? []
  expect(folder).toContain('celeriac-shop-')
  expect(existsSync(folder)).toBe(false)
  await expect(fetch(engine)).rejects.toThrow('fetch failed')
})
