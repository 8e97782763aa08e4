import type { IncomingMessage, ServerResponse } from 'node:http'
import { readBody } from '../../http/read-body.ts'
import type { DurableLog } from '../../storage/durable-log.ts'
import type { DynamoDbModel } from '../model/index.ts'
import { internalFailure, malformed, tooLarge, unknownOperation } from './request-error.ts'
import { respond, respondError } from './respond.ts'

const TARGET = 'DynamoDB_20120810.'
/** DynamoDB reads 16 MB; with every character escaped as JSON that is more. The model then says what is too long. */
const MAX_BODY_BYTES = 64 * 1024 * 1024
const STREAMS_TARGET = 'DynamoDBStreams_20120810.'

/** Answers one HTTP request from the model. Sends no answer before its changes are in the log. */
export function handleRequest(
  model: DynamoDbModel,
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
  const operation = target.slice(TARGET.length)
  readBody(request, MAX_BODY_BYTES, tooLarge, (body, error) => {
    try {
      if (body === undefined) throw error ?? internalFailure('The request could not be read.')
      const answer = JSON.stringify(model.execute(operation, parse(body)))
      whenLogged(log, response, () => respond(response, 200, answer))
    } catch (failure) {
      whenLogged(log, response, () => respondError(response, failure))
    }
  })
}

function parse(body: Buffer): Record<string, unknown> {
  if (body.length === 0) return {}
  let input: unknown
  try {
    input = JSON.parse(body.toString('utf8'))
  } catch (error) {
    throw malformed(`The request body is not JSON: ${error instanceof Error ? error.message : error}`)
  }
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input as Record<string, unknown>
  throw malformed('The request body is not a JSON object')
}

function answerForeign(request: IncomingMessage, response: ServerResponse, target: unknown): void {
  const url = request.url ?? '/'
  if (request.method === 'GET' || request.method === 'HEAD') {
    const known = url === '/' || url === '/health'
    respond(response, known ? 200 : 404, known ? '{"service":"dynamodb","status":"running"}' : '{}', {
      'content-type': 'application/json',
    })
    return
  }
  const isStreams = typeof target === 'string' && target.startsWith(STREAMS_TARGET)
  respondError(
    response,
    unknownOperation(
      isStreams
        ? 'DynamoDB Streams are not supported by this engine.'
        : `Expected a POST with an X-Amz-Target header of ${TARGET}<Operation>, got ${request.method}, ${target === undefined ? 'none' : `'${target}'`}.`,
    ),
  )
}

/** Continues when the log has written all records so far. Sends an error answer when the log fails. */
function whenLogged(log: DurableLog | undefined, response: ServerResponse, then: () => void): void {
  const written = log?.commit()
  if (written === undefined) atEndOfTurn(then)
  else written.then(then, (error: Error) => respondError(response, internalFailure(error.message)))
}

let answers: (() => void)[] = []

/** Answers of one turn of the event loop leave together: clients and server wake each other less often. */
function atEndOfTurn(answer: () => void): void {
  if (answers.push(answer) > 1) return
  setImmediate(() => {
    const due = answers
    answers = []
    for (const each of due) each()
  })
}
