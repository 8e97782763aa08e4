import { request } from 'node:http'
import { afterEach, expect, it } from 'vitest'
import { type LocalServer, serveLocally } from '../../shared/dashboard/node-server.ts'

let server: LocalServer | undefined
afterEach(() => server?.close())

function statusFor(port: number, host: string, method = 'GET', bytes = 0): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, method, headers: { host } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    asked.on('error', reject)
    asked.end(Buffer.alloc(bytes))
  })
}

it('answers for this machine alone, and takes no endless body', async () => {
  server = await serveLocally(async (asked) => new Response(await asked.text()), 0)
  const { port } = server
  expect(await statusFor(port, `127.0.0.1:${port}`)).toBe(200)
  expect(await statusFor(port, `localhost:${port}`)).toBe(200)
  expect(await statusFor(port, `[::1]:${port}`)).toBe(200)
  for (const host of [
    'evil.example',
    `evil.example:${port}`,
    `127.0.0.1:${port + 1}`,
    '127.0.0.1',
    `127.0.0.1.evil.example:${port}`,
  ]) {
    expect([host, await statusFor(port, host)]).toEqual([host, 421])
  }
  expect(await statusFor(port, `127.0.0.1:${port}`, 'POST', 1_000)).toBe(200)
  expect(await statusFor(port, `127.0.0.1:${port}`, 'POST', 1_100_000)).toBe(413)
})
