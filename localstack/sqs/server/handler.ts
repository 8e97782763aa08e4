import type { IncomingMessage, ServerResponse } from 'node:http'
import { readBody } from '../../http/read-body.ts'
import type { DurableLog } from '../../storage/durable-log.ts'
import { type ReceiveMessageResult, SqsError, type SqsModel } from '../model/index.ts'
import { ACTIONS, receiveInput, receiveOutput } from './actions.ts'
import { withHost } from './queue-urls.ts'
import { internalFailure, malformed, tooLarge, unknownOperation } from './request-error.ts'
import { respond, respondError, respondQueryProtocol } from './respond.ts'
import { traceHeaderIn } from './trace-header.ts'

const TARGET = 'AmazonSQS.'
/** Ten messages of 1 MiB with every character escaped still fit; the model then says what is too long. */
const MAX_BODY_BYTES = 32 * 1024 * 1024

/** Answers one HTTP request from the model. Sends no answer before its changes are in the log. */
export function handleRequest(
  model: SqsModel,
  log: DurableLog | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const target = request.headers['x-amz-target']
  if (request.method !== 'POST' || typeof target !== 'string' || !target.startsWith(TARGET)) {
    request.resume()
    answerForeign(request, response, target)
    return
  }
  const name = target.slice(TARGET.length)
  readBody(request, MAX_BODY_BYTES, tooLarge, (body, error) => {
    try {
      if (body === undefined) throw error ?? internalFailure('The request could not be read.')
      if (name === 'ReceiveMessage') {
        answerReceive(model, log, receiveInput(parse(body)), response)
        return
      }
      const action = ACTIONS.get(name)
      if (action === undefined) throw unknownOperation(`The action ${name} is not valid for this endpoint.`)
      const input = action.read(parse(body))
      const result = withHost(
        action.run(model, input as never, traceHeaderIn(request.headers['x-amzn-trace-id'])),
        request.headers.host,
      )
      whenLogged(log, response, () => respond(response, 200, JSON.stringify(result ?? {})))
    } catch (failure) {
      // A refused batch may have changed nothing, and a refused receive may have moved dead letters. The log knows.
      whenLogged(log, response, () => respondError(response, failure))
    }
  })
}

function parse(body: Buffer): unknown {
  const text = body.toString('utf8')
  if (text === '') return {}
  try {
    return JSON.parse(text)
  } catch (error) {
    throw malformed(`The request body is not JSON: ${error instanceof Error ? error.message : error}`)
  }
}

function answerForeign(request: IncomingMessage, response: ServerResponse, target: unknown): void {
  const url = request.url ?? '/'
  const form = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false
  if (form || /[?&]Action=/.test(url)) {
    respondQueryProtocol(response)
  } else if (request.method === 'GET' || request.method === 'HEAD') {
    const known = url === '/' || url === '/health'
    respond(response, known ? 200 : 404, known ? '{"service":"sqs","status":"running"}' : '{}', {
      'content-type': 'application/json',
    })
  } else {
    const said = target === undefined ? 'none' : `'${target}'`
    respondError(
      response,
      unknownOperation(
        `Expected a POST with an X-Amz-Target header of AmazonSQS.<Action>, got ${request.method}, ${said}.`,
      ),
    )
  }
}

/** Continues when the log has written all records so far. Sends an error answer when the log fails. */
function whenLogged(log: DurableLog | undefined, response: ServerResponse, then: () => void): void {
  const written = log?.commit()
  if (written === undefined) atEndOfTurn(then)
  else written.then(then, (error: Error) => respondError(response, internalFailure(error.message)))
}

let answers: (() => void)[] = []

/**
 * Sends all answers of one turn of the event loop together: fewer wake-ups of clients and server. Saves a fifth of a
 * request's CPU time.
 */
function atEndOfTurn(answer: () => void): void {
  if (answers.push(answer) > 1) return
  setImmediate(() => {
    const due = answers
    answers = []
    for (const each of due) each()
  })
}

/** A short or long poll. If the client has gone, its messages are returned as never received. */
function answerReceive(
  model: SqsModel,
  log: DurableLog | undefined,
  input: Parameters<SqsModel['poll']>[0],
  response: ServerResponse,
): void {
  let given: ReceiveMessageResult | undefined
  let leave: (() => void) | undefined
  const giveBack = (): void => {
    if (given?.Messages === undefined || input.QueueUrl === undefined) return
    const lost = given
    given = undefined
    try {
      model.unreceive(input.QueueUrl, lost)
    } catch (error) {
      // The queue was deleted meanwhile: there is nowhere to return the messages.
      if (!(error instanceof SqsError)) throw error
    }
    log?.commit()?.catch(() => {})
  }
  // `finish` also comes, and `writableFinished` is true, when the connection is reset with the answer still in it.
  const { socket } = response
  let handedOver = false
  response.on('finish', () => {
    handedOver = socket !== null && !socket.destroyed && socket.errored === null
  })
  response.on('close', () => {
    leave?.()
    if (!handedOver) giveBack()
  })
  leave = model.poll(input, (result) => {
    given = result
    whenLogged(log, response, () => {
      if (!respond(response, 200, JSON.stringify(receiveOutput(result)))) giveBack()
    })
  })
}
