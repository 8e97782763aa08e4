// The Node runtime of a local Lambda environment: loads the handler, asks the Runtime API for invocations, answers.
// Plain JavaScript without imports of ours: it is started by path, from sources and from the package alike.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html and .../nodejs-handler.html say what it must do.
import { existsSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { format } from 'node:util'

const {
  AWS_LAMBDA_RUNTIME_API: api = '',
  LAMBDA_TASK_ROOT: root = process.cwd(),
  _HANDLER: handlerName = '',
} = process.env
const [host, port] = api.split(':')
const agent = new Agent({ keepAlive: true, maxSockets: 1 })

/** The invocation that runs: { requestId, deadlineAt, answered }. */
let current
const parent = process.ppid

// Where nobody guards this process (Windows), it looks for itself whether its parent is still there.
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL')
}, 1_000).unref()

function call(method, path, body, headers = {}) {
  return new Promise((done, failed) => {
    const outgoing = request(
      {
        host,
        port,
        agent,
        method,
        path: `/2018-06-01/runtime${path}`,
        headers:
          body === undefined
            ? headers
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers },
      },
      (response) => {
        const chunks = []
        response.on('data', (chunk) => chunks.push(chunk))
        response.on('error', failed)
        response.on('end', () => {
          done({ status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') })
        })
      },
    )
    outgoing.on('error', failed)
    outgoing.end(body)
  })
}

/** Without its Runtime API an environment has nobody to work for. */
function gone() {
  process.exit(1)
}

/** console.* as in Lambda's text format: instant, request id, level, message. */
for (const [method, level] of [
  ['log', 'INFO'],
  ['info', 'INFO'],
  ['debug', 'DEBUG'],
  ['trace', 'TRACE'],
  ['warn', 'WARN'],
  ['error', 'ERROR'],
]) {
  const stream = level === 'WARN' || level === 'ERROR' ? process.stderr : process.stdout
  console[method] = (...values) => {
    // A line break inside one message is a carriage return in Lambda's text format: one message stays one event.
    const text = format(...values).replace(/\n/g, '\r')
    stream.write(`${new Date().toISOString()}\t${current?.requestId ?? 'undefined'}\t${level}\t${text}\n`)
  }
}

function errorBody(error, type) {
  const isError = error instanceof Error || (typeof error === 'object' && error !== null && 'stack' in error)
  const name = isError ? String(error.name || 'Error') : typeof error
  const stack = isError && typeof error.stack === 'string' ? error.stack.split('\n') : []
  return JSON.stringify({
    errorType: type ?? name,
    errorMessage: isError ? String(error.message) : String(error),
    trace: stack,
  })
}

async function failInit(error, type) {
  console.error('Uncaught Exception', error)
  const body = errorBody(error, type)
  await call('POST', '/init/error', body, {
    'lambda-runtime-function-error-type': type ?? JSON.parse(body).errorType,
  }).catch(gone)
  process.exit(1)
}

/** A failure outside the handler's own promise ends the environment, as on Lambda. */
function endWith(exitCode, type, label) {
  return async (error) => {
    console.error(label, error)
    const body = errorBody(error, type)
    const path = current === undefined || current.answered ? '/init/error' : `/invocation/${current.requestId}/error`
    await call('POST', path, body, { 'lambda-runtime-function-error-type': JSON.parse(body).errorType }).catch(gone)
    process.exit(exitCode)
  }
}
process.on('uncaughtException', endWith(129, undefined, 'Uncaught Exception'))
process.on('unhandledRejection', endWith(128, 'Runtime.UnhandledPromiseRejection', 'Unhandled Promise Rejection'))

async function answerResult(invocation, result) {
  if (invocation.answered) return
  let text
  try {
    text = JSON.stringify(result === undefined ? null : result)
    // A function or a symbol is no JSON at all.
    if (text === undefined) text = 'null'
  } catch (error) {
    await answerError(invocation, error, 'Runtime.MarshalResponse')
    return
  }
  invocation.answered = true
  await call('POST', `/invocation/${invocation.requestId}/response`, text).catch(gone)
  invocation.over()
}

async function answerError(invocation, error, type) {
  if (invocation.answered) return
  invocation.answered = true
  console.error('Invoke Error', error)
  const body = errorBody(error, type)
  await call('POST', `/invocation/${invocation.requestId}/error`, body, {
    'lambda-runtime-function-error-type': JSON.parse(body).errorType,
  }).catch(gone)
  invocation.over()
}

function contextOf(invocation, headers) {
  const finish = (error, result) => {
    if (error !== undefined && error !== null) return void answerError(invocation, error)
    if (context.callbackWaitsForEmptyEventLoop) invocation.whenEmpty = result
    else void answerResult(invocation, result)
  }
  const context = {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: invocation.requestId,
    getRemainingTimeInMillis: () => invocation.deadlineAt - Date.now(),
    done: finish,
    fail: (error) => finish(error ?? 'handled'),
    succeed: (result) => finish(null, result),
  }
  return { context, callback: finish }
}

// Nothing is left on the event loop: a callback's result goes out now, and a handler that never answers gives null.
process.on('beforeExit', () => {
  if (current !== undefined && !current.answered) void answerResult(current, current.whenEmpty)
})

async function loadHandler() {
  const dot = handlerName.lastIndexOf('.')
  if (dot <= 0)
    throw named('Runtime.MalformedHandlerName', `Bad handler: expected file.export, received '${handlerName}'.`)
  const base = resolve(root, handlerName.slice(0, dot))
  const file = ['', '.mjs', '.js', '.cjs'].map((extension) => base + extension).find((path) => existsSync(path))
  if (file === undefined) {
    throw named('Runtime.ImportModuleError', `Cannot find module '${handlerName.slice(0, dot)}' in ${join(root)}.`)
  }
  const loaded = await import(pathToFileURL(file).href).catch((error) => {
    if (error instanceof SyntaxError) error.runtimeType = 'Runtime.UserCodeSyntaxError'
    throw error
  })
  const exported = handlerName.slice(dot + 1)
  const handler = loaded[exported] ?? loaded.default?.[exported]
  if (typeof handler !== 'function') {
    throw named(
      'Runtime.HandlerNotFound',
      `${handlerName} is undefined or not exported: expected a function named '${exported}', received ${typeof handler}.`,
    )
  }
  return handler
}

function named(type, message) {
  return Object.assign(new Error(message), { runtimeType: type })
}

async function serve(handler) {
  for (;;) {
    const { status, headers, text } = await call('GET', '/invocation/next').catch(gone)
    if (status !== 200) gone()
    const invocation = {
      requestId: headers['lambda-runtime-aws-request-id'],
      deadlineAt: Number(headers['lambda-runtime-deadline-ms']),
      answered: false,
      whenEmpty: undefined,
      over: undefined,
    }
    const ended = new Promise((over) => {
      invocation.over = over
    })
    current = invocation
    process.env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'] ?? ''
    run(handler, invocation, headers, text)
    await ended
  }
}

function run(handler, invocation, headers, text) {
  const { context, callback } = contextOf(invocation, headers)
  try {
    const result = handler(JSON.parse(text), context, callback)
    if (typeof result?.then === 'function') {
      result.then(
        (value) => answerResult(invocation, value),
        (error) => answerError(invocation, error),
      )
    }
  } catch (error) {
    void answerError(invocation, error)
  }
}

let handler
try {
  handler = await loadHandler()
} catch (error) {
  await failInit(error, error?.runtimeType)
}
await serve(handler)
