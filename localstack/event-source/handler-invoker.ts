import { randomUUID } from 'node:crypto'
import type { Context, SQSEvent } from 'aws-lambda'
import { failed, type InvokeResult } from '../lambda/index.ts'
import type { Invoker } from './event-source.ts'

export interface HandlerFunction {
  readonly name: string
  readonly arn: string
  readonly timeoutMs: number
  readonly memoryMb: number
}

/** A handler as Lambda calls it. Callbacks are for old handlers in child processes. */
export type EventHandler = (event: SQSEvent, context: Context) => unknown

/**
 * Sends batches to a handler in this process: for tests, debuggers and machines with little memory. Limits of one
 * process: a time-out fails the invocation, but the code continues; a crash ends this process; nothing is frozen
 * between invocations.
 */
export function handlerInvoker(handler: EventHandler, facts: HandlerFunction): Invoker {
  return {
    arn: facts.arn,
    capacity: async () => {},
    invoke: (event) => invoke(handler, facts, event),
  }
}

function invoke(handler: EventHandler, facts: HandlerFunction, event: SQSEvent): Promise<InvokeResult> {
  const context = handlerContext(facts, Date.now())
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      const text = `Task timed out after ${(facts.timeoutMs / 1_000).toFixed(2)} seconds`
      resolve(failed('Sandbox.Timedout', `RequestId: ${context.awsRequestId} Error: ${text}`))
    }, facts.timeoutMs)
    const answer = async (): Promise<string> => JSON.stringify((await handler(event, context)) ?? null) ?? 'null'
    answer()
      .then(
        (payload) => resolve({ status: 'returned', payload }),
        (error: unknown) =>
          resolve(
            error instanceof Error
              ? {
                  status: 'failed',
                  error: { errorType: error.name, errorMessage: error.message, trace: error.stack?.split('\n') ?? [] },
                }
              : failed(typeof error, String(error)),
          ),
      )
      .finally(() => clearTimeout(timer))
  })
}

/** The context object. https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html */
function handlerContext(facts: HandlerFunction, startedAt: number): Context {
  const noCallbacks = (): never => {
    throw new Error('Expected an async handler: context.done, fail and succeed are not there in this process.')
  }
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: facts.name,
    functionVersion: '$LATEST',
    invokedFunctionArn: facts.arn,
    memoryLimitInMB: String(facts.memoryMb),
    awsRequestId: randomUUID(),
    logGroupName: `/aws/lambda/${facts.name}`,
    logStreamName: 'local/[$LATEST]in-process',
    getRemainingTimeInMillis: () => startedAt + facts.timeoutMs - Date.now(),
    done: noCallbacks,
    fail: noCallbacks,
    succeed: noCallbacks,
  }
}
