import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { InvokeResult, LambdaFunction } from '../../../localstack/lambda/index.ts'
import { isAlive, until } from '../../support/processes.ts'
import { arn, Functions, fixtures } from './functions.ts'

let functions: Functions

beforeEach(() => {
  functions = new Functions()
})
afterEach(() => functions.stop())

const invoke = (lambda: LambdaFunction, event: object): Promise<InvokeResult> =>
  lambda.invoke(JSON.stringify(event), 'Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0')

async function returned(lambda: LambdaFunction, event: object): Promise<unknown> {
  const result = await invoke(lambda, event)
  if (result.status === 'failed') throw new Error(`${result.error.errorType}: ${result.error.errorMessage}`)
  return JSON.parse(result.payload)
}

async function errorOf(lambda: LambdaFunction, event: object): Promise<{ errorType: string; errorMessage: string }> {
  const result = await invoke(lambda, event)
  if (result.status !== 'failed') throw new Error(`returned ${result.payload}`)
  return result.error
}

test('the context and the environment are as on Lambda', async () => {
  const lambda = functions.make()
  const facts = (await returned(lambda, { mode: 'facts' })) as Record<string, unknown>
  expect(facts.remaining).toBeGreaterThan(4_000)
  expect(facts.remaining).toBeLessThanOrEqual(5_000)
  expect(facts.requestId).toMatch(/^[0-9a-f-]{36}$/)
  expect(facts.trace).toBe('Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0')
  expect(facts.cwd).toBe(`${fixtures}modes`)
  expect(facts.context).toMatchObject({
    functionName: 'shop-emails',
    functionVersion: '$LATEST',
    invokedFunctionArn: arn,
    memoryLimitInMB: '256',
    logGroupName: '/aws/lambda/shop-emails',
    callbackWaitsForEmptyEventLoop: true,
  })
  expect(facts.variables).toMatchObject({
    _HANDLER: 'index.handler',
    AWS_EXECUTION_ENV: expect.stringMatching(/^AWS_Lambda_nodejs\d+\.x$/),
    AWS_LAMBDA_FUNCTION_NAME: 'shop-emails',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_RUNTIME_API: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    AWS_REGION: 'us-east-1',
    LAMBDA_TASK_ROOT: `${fixtures}modes`,
    TZ: ':UTC',
    OWN: 'variable',
  })
  expect(facts.execArgv).toContain('--max-old-space-size=230')
})

test('an environment is used again, and each invocation has its own id', async () => {
  const lambda = functions.make()
  const first = (await returned(lambda, { mode: 'facts' })) as Record<string, unknown>
  const second = (await returned(lambda, { mode: 'facts' })) as Record<string, unknown>
  expect(second).toMatchObject({ pid: first.pid, invocations: 2 })
  expect(second.requestId).not.toBe(first.requestId)
})

test('an environment works one invocation at a time: two at once need two', async () => {
  const lambda = functions.make()
  const pids = await Promise.all([1, 2].map(() => returned(lambda, { mode: 'sleep', ms: 30 })))
  expect(pids).toEqual([1, 1])
  expect(lambda.pids).toHaveLength(2)
})

test.each([
  ['throw', { errorType: 'TypeError', errorMessage: 'thrown on purpose' }],
  ['throw-text', { errorType: 'string', errorMessage: 'only a text' }],
  ['circular', { errorType: 'Runtime.MarshalResponse' }],
  ['bigint', { errorType: 'Runtime.MarshalResponse' }],
])('%s fails the invocation and keeps the environment', async (mode, error) => {
  const lambda = functions.make()
  const before = (await returned(lambda, { mode: 'facts' })) as { pid: number }
  expect(await errorOf(lambda, { mode })).toMatchObject(error)
  expect(await returned(lambda, { mode: 'facts' })).toMatchObject({ pid: before.pid })
})

test.each([
  [{ mode: 'exit', code: 0 }, 'Runtime.ExitError', 'Runtime exited without providing a reason'],
  [{ mode: 'exit', code: 7 }, 'Runtime.ExitError', 'exit status 7'],
  [{ mode: 'crash' }, 'Runtime.ExitError', 'signal: SIGSEGV'],
  [{ mode: 'leak-rejection' }, 'Runtime.UnhandledPromiseRejection', 'leaked'],
  [{ mode: 'uncaught' }, 'RangeError', 'not caught'],
])('%o ends the environment, and the next invocation gets a new one', async (event, errorType, text) => {
  const lambda = functions.make()
  const { pid } = (await returned(lambda, { mode: 'facts' })) as { pid: number }
  const error = await errorOf(lambda, event)
  expect(error.errorType).toBe(errorType)
  expect(error.errorMessage).toContain(text)
  await until(() => !isAlive(pid))
  expect(await returned(lambda, { mode: 'facts' })).toMatchObject({ invocations: 1 })
})

test.each([['sleep'], ['block']])('%s beyond the time-out is killed', async (mode) => {
  const lambda = functions.make({ timeoutMs: 1_000 })
  const { pid } = (await returned(lambda, { mode: 'facts' })) as { pid: number }
  const startedAt = performance.now()
  const error = await errorOf(lambda, { mode, ms: 60_000 })
  expect(error).toEqual({
    errorType: 'Sandbox.Timedout',
    errorMessage: expect.stringMatching(/^RequestId: \S+ Error: Task timed out after 1\.00 seconds$/),
  })
  expect(performance.now() - startedAt).toBeLessThan(3_000)
  await until(() => !isAlive(pid))
  expect(functions.logs.map(({ text }) => text)).toContainEqual(
    expect.stringContaining('Task timed out after 1.00 seconds'),
  )
})

test('what a handler started ends with its environment', async () => {
  const lambda = functions.make()
  const child = (await returned(lambda, { mode: 'child' })) as number
  expect(isAlive(child)).toBe(true)
  await errorOf(lambda, { mode: 'exit', code: 1 })
  await until(() => !isAlive(child))
})

test('a response over 6 MB fails the invocation alone', async () => {
  const lambda = functions.make()
  expect(await returned(lambda, { mode: 'large', length: 6_291_554 })).toHaveLength(6_291_554)
  expect(await errorOf(lambda, { mode: 'large', length: 6_291_555 })).toMatchObject({
    errorType: 'Function.ResponseSizeTooLarge',
  })
  expect(await returned(lambda, { mode: 'facts' })).toMatchObject({ invocations: 3 })
})

test('nothing, a function, and a promise that never settles give null', async () => {
  const lambda = functions.make()
  expect(await returned(lambda, { mode: 'nothing' })).toBeNull()
  expect(await returned(lambda, { mode: 'function' })).toBeNull()
  expect(await returned(lambda, { mode: 'never' })).toBeNull()
})

test('handlers with a callback wait for an empty event loop unless told not to', async () => {
  const lambda = functions.make({ code: { root: `${fixtures}modes`, handler: 'index.callback' } })
  expect(await returned(lambda, { waits: false })).toBe('by callback')
  const startedAt = performance.now()
  expect(await returned(lambda, { waits: true })).toBe('by callback')
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(38)
})

test('a handler that returns at once without a promise gives null', async () => {
  const lambda = functions.make({ code: { root: `${fixtures}modes`, handler: 'index.sync' } })
  expect(await returned(lambda, {})).toBeNull()
})

test('lines carry the request id of their invocation, a message with line breaks stays one line', async () => {
  const lambda = functions.make()
  const { requestId } = (await returned(lambda, { mode: 'facts' })) as { requestId: string }
  await returned(lambda, { mode: 'log' })
  await until(() => functions.logs.length >= 3)
  const [hello, error, raw] = ['hello', 'first', 'raw'].map((word) =>
    functions.logs.find(({ text }) => text.includes(word)),
  )
  expect(hello?.text).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z\t[0-9a-f-]{36}\tINFO\thello world$/)
  expect(error).toMatchObject({ stream: 'stderr', text: expect.stringContaining('\tERROR\tfirst\rsecond') })
  expect(raw).toMatchObject({ stream: 'stdout', text: 'raw line', requestId: hello?.text.split('\t')[1] })
  expect(raw?.requestId).not.toBe(requestId)
})

test.skipIf(process.platform === 'win32')('between invocations the process is frozen', async () => {
  const lambda = functions.make()
  await returned(lambda, { mode: 'leave-timer' })
  const before = (await returned(lambda, { mode: 'left-behind' })) as number
  await new Promise((resolve) => setTimeout(resolve, 200))
  const after = (await returned(lambda, { mode: 'left-behind' })) as number
  // Forty ticks would fit between the two, five until it freezes.
  expect(after - before).toBeLessThan(15)
})

test.each([
  ['throws.handler', { errorType: 'Error', errorMessage: 'cannot load' }],
  ['exits.handler', { errorType: 'Runtime.ExitError', errorMessage: expect.stringContaining('exit status 3') }],
  ['never.handler', { errorType: 'Runtime.ExitError' }],
  ['absent.handler', { errorType: 'Runtime.ImportModuleError' }],
  ['handler', { errorType: 'Runtime.MalformedHandlerName' }],
])('init of %s fails', async (handler, error) => {
  const lambda = functions.make({ code: { root: `${fixtures}inits`, handler } })
  await expect(lambda.warm()).rejects.toMatchObject({ name: 'InitError', error })
  await until(() => lambda.pids.length === 0)
})

test('a syntax error is told as one', async () => {
  const root = mkdtempSync(join(tmpdir(), 'celeriac-syntax-'))
  try {
    writeFileSync(join(root, 'index.mjs'), 'export const handler = async ( => null')
    const lambda = functions.make({ code: { root, handler: 'index.handler' } })
    await expect(lambda.warm()).rejects.toMatchObject({ error: { errorType: 'Runtime.UserCodeSyntaxError' } })
  } finally {
    rmSync(root, { recursive: true })
  }
})

test('a handler that is no function is said to be none', async () => {
  const lambda = functions.make({ code: { root: `${fixtures}modes`, handler: 'index.notAFunction' } })
  await expect(lambda.warm()).rejects.toMatchObject({ error: { errorType: 'Runtime.HandlerNotFound' } })
})

test('an init that takes too long is repeated once, with the time-out of the function', async () => {
  const lambda = functions.make({
    code: { root: `${fixtures}inits`, handler: 'hangs.handler' },
    initLimitMs: 300,
    timeoutMs: 1_000,
  })
  const startedAt = performance.now()
  expect(await errorOf(lambda, {})).toEqual({
    errorType: 'Sandbox.Timedout',
    errorMessage: 'Init timed out after 1.00 seconds',
  })
  expect(performance.now() - startedAt).toBeGreaterThan(1_250)
})

test('after failed inits environments are started ever less often', async () => {
  let inits = 0
  const lambda = functions.make({
    code: { root: `${fixtures}inits`, handler: 'throws.handler' },
    onInitError: () => {
      inits += 1
    },
  })
  const startedAt = performance.now()
  for (let invocation = 1; invocation <= 3; invocation++) {
    await lambda.capacity()
    await errorOf(lambda, {})
  }
  expect(inits).toBe(3)
  // Pauses of 0.5 s and 1 s.
  expect(performance.now() - startedAt).toBeGreaterThan(1_500)
})

test('stop leaves no process, not even one that is frozen, blocked or starting', async () => {
  const lambda = functions.make()
  await lambda.warm()
  const blocked = invoke(lambda, { mode: 'block' })
  const starting = invoke(lambda, { mode: 'sleep', ms: 60_000 })
  await until(() => lambda.pids.length === 2)
  const { pids } = lambda
  await lambda.stop()
  expect(pids.filter(isAlive)).toEqual([])
  expect((await blocked).status).toBe('failed')
  expect((await starting).status).toBe('failed')
})
