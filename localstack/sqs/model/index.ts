// A model of Amazon SQS: pure, on an injected clock, with the API's own shapes.
export type { SqsClock } from './clock.ts'
export { SqsError, type SqsErrorName } from './errors.ts'
export { isTraceHeader } from './message-attributes.ts'
export { createSqsModel } from './model.ts'
export type { RecordedAttribute, RecordedMessage, SqsRecord } from './record.ts'
export type {
  InspectedMessage,
  QueueCounts,
  ReceiveOptions,
  SqsInspector,
  SqsModel,
  SqsModelOptions,
  SqsSnapshot,
} from './surface.ts'
export type * from './types.ts'
