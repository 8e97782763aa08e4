import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const bootstrap = fileURLToPath(
  new URL('../../../localstack/engines/host-mode/celeriac_host_mode/bootstrap.mjs', import.meta.url),
)

describe('bootstrap.mjs', () => {
  let folder = ''
  const started: ChildProcess[] = []

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'celeriac-test-'))
  })
  afterEach(async () => {
    for (const child of started.splice(0)) child.kill('SIGKILL')
    await rm(folder, { recursive: true })
  })

  /** Starts the function and gives its first reply, and a way to invoke it. */
  async function environment(source: string, handler = 'index.handler') {
    await writeFile(join(folder, 'index.mjs'), source)
    const child = spawn(process.execPath, [bootstrap], {
      env: {
        CELERIAC_CHANNEL_FD: '3',
        LAMBDA_TASK_ROOT: folder,
        _HANDLER: handler,
        AWS_LAMBDA_FUNCTION_TIMEOUT: '10',
        AWS_LAMBDA_FUNCTION_NAME: 'probe',
      },
      stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    })
    started.push(child)
    const channel = child.stdio[3]
    if (!(channel instanceof Socket)) throw new Error('no channel')
    const replies = createInterface({ input: channel })[Symbol.asyncIterator]()
    const next = async (): Promise<unknown> => {
      const { value } = await replies.next()
      return value === undefined ? undefined : JSON.parse(value)
    }
    const invoke = async (payload: unknown) => {
      channel.write(`${JSON.stringify({ 'invoke-id': 'request-1', payload: JSON.stringify(payload) })}\n`)
      return next()
    }
    return { child, first: await next(), invoke }
  }

  it('answers with the value of a promise, and tells the handler about itself', async () => {
    const { first, invoke } = await environment(`export const handler = async (event, context) => ({
      event, name: context.functionName, id: context.awsRequestId, left: context.getRemainingTimeInMillis() > 9000 })`)
    expect(first).toEqual({ ready: true })
    const result = JSON.stringify({ event: { n: 1 }, name: 'probe', id: 'request-1', left: true })
    expect(await invoke({ n: 1 })).toEqual({ result })
  })

  it('answers null for undefined and takes callbacks', async () => {
    const { invoke } = await environment('export const handler = async () => {}')
    expect(await invoke({})).toEqual({ result: 'null' })
    const { invoke: call } = await environment('export const handler = (event, context, done) => done(null, 7)')
    expect(await call({})).toEqual({ result: '7' })
  })

  it('reports what a handler throws and goes on', async () => {
    const { invoke } = await environment('export const handler = async (event) => { throw new TypeError(event.why) }')
    const reply = await invoke({ why: 'because' })
    expect(reply).toHaveProperty('error', expect.stringContaining('"errorType":"TypeError","errorMessage":"because"'))
    expect(await invoke({ why: 'again' })).toHaveProperty('error', expect.stringContaining('again'))
  })

  it('reports what nobody caught, then ends, as on AWS', async () => {
    const { child, invoke } = await environment(
      'export const handler = () => new Promise(() => { setTimeout(() => { throw new Error("late") }, 1) })',
    )
    const exit = once(child, 'exit')
    expect(await invoke({})).toHaveProperty('error', expect.stringContaining('late'))
    expect(await exit).toEqual([129, null])
  })

  it.each([
    ['a module that fails to load', 'throw new Error("at init")', 'index.handler', 'at init'],
    ['a missing module', '', 'other.handler', "Cannot find module 'other'"],
    ['a missing export', 'export const other = 1', 'index.handler', 'index.handler is undefined or not exported'],
  ])('reports %s instead of being ready', async (_, source, handler, message) => {
    const { first } = await environment(source, handler)
    expect(first).toHaveProperty('error', expect.stringContaining(message))
  })

  it('ends when its channel closes', async () => {
    const { child } = await environment('setInterval(() => {}, 1000); export const handler = async () => 1')
    const exit = once(child, 'exit')
    child.stdio[3]?.destroy()
    expect(await exit).toEqual([0, null])
  })
})
