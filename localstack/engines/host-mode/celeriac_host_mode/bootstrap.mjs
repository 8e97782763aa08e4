// Serves one Lambda function. Reads requests from, and writes replies to, the socket whose number is in
// CELERIAC_CHANNEL_FD, as JSON lines: {"ready"} once, then {"result"} or {"error"} (both JSON texts) per request.
import { existsSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { format } from 'node:util'

const { env } = process
const channel = new Socket({ fd: Number(env.CELERIAC_CHANNEL_FD) })
delete env.CELERIAC_CHANNEL_FD
const reply = (message, then) => channel.write(`${JSON.stringify(message)}\n`, then)

let requestId = ''
for (const method of ['debug', 'info', 'warn', 'error', 'log', 'trace']) {
  const level = method === 'log' ? 'INFO' : method.toUpperCase()
  console[method] = (...values) =>
    process.stdout.write(`${new Date().toISOString()}\t${requestId}\t${level}\t${format(...values)}\n`)
}

function describe(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] }
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') }
}

function fail(error, then) {
  console.error('Invoke Error', error)
  reply({ error: JSON.stringify(describe(error)) }, then)
}

// As on AWS: what nobody caught fails the invocation and ends the environment.
const die = (error) => fail(error, () => process.exit(129))
process.on('uncaughtException', die)
process.on('unhandledRejection', die)

async function loadHandler() {
  const [, path, name] = /^(.*)\.([^./]+)$/.exec(env._HANDLER) ?? []
  const file = ['.js', '.mjs', '.cjs'].map((ending) => join(env.LAMBDA_TASK_ROOT, path + ending)).find(existsSync)
  if (!file) throw new Error(`Cannot find module '${path}'`)
  const loaded = await import(pathToFileURL(file))
  const handler = loaded[name] ?? loaded.default?.[name]
  if (typeof handler !== 'function') throw new Error(`${env._HANDLER} is undefined or not exported`)
  return handler
}

function contextOf(request) {
  const deadline = Date.now() + env.AWS_LAMBDA_FUNCTION_TIMEOUT * 1000
  return {
    awsRequestId: request['invoke-id'],
    callbackWaitsForEmptyEventLoop: true,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    invokedFunctionArn: request['invoked-function-arn'],
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
  }
}

/** Promise, callback or plain value: whichever way the handler answers. */
function call(handler, event, context) {
  return new Promise((resolve, reject) => {
    const returned = handler(event, context, (error, value) => (error ? reject(error) : resolve(value)))
    if (typeof returned?.then === 'function') returned.then(resolve, reject)
    else if (handler.length < 3) resolve(null)
  })
}

const handler = await loadHandler()
reply({ ready: true })

for await (const line of createInterface({ input: channel })) {
  const request = JSON.parse(line)
  requestId = request['invoke-id']
  env._X_AMZN_TRACE_ID = request['trace-id']
  try {
    const value = await call(handler, JSON.parse(request.payload), contextOf(request))
    reply({ result: JSON.stringify(value ?? null) })
  } catch (error) {
    fail(error)
  }
}
process.exit(0) // the channel was closed: LocalStack is gone
