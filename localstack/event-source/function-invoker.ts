import type { LambdaFunction } from '../lambda/index.ts'
import type { Invoker } from './event-source.ts'

/** Batches go to child processes, as on Lambda. */
export function functionInvoker(lambda: LambdaFunction, arn: string): Invoker {
  return {
    arn,
    capacity: () => lambda.capacity(),
    invoke: (event, traceId) => lambda.invoke(JSON.stringify(event), traceId),
  }
}
