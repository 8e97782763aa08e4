// The event source mapping: from a queue to a handler, as between SQS and Lambda.
export { type BatchVerdict, readBatchResponse } from './batch-response.ts'
export { EventSource, type EventSourceOptions, type Invoker } from './event-source.ts'
export { compileFilters, type RecordFilter } from './filters.ts'
export { functionInvoker } from './function-invoker.ts'
export { type EventHandler, handlerInvoker } from './handler-invoker.ts'
export { SqsWire } from './sqs-wire.ts'
