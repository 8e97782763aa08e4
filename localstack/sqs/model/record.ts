import type { MoveTaskStatus, StringMap } from './types.ts'

/** A message attribute in a record: binary values are base64 text. */
export interface RecordedAttribute {
  DataType: string
  StringValue?: string
  BinaryValue?: string
}

/** One complete message. Absent optional members have their default. */
export interface RecordedMessage {
  id: string
  body: string
  sentAt: number
  /** When it becomes visible; absent when it already is. */
  visibleAt?: number
  /** Present when the message was received and is neither deleted nor visible again. */
  inFlight?: true
  receives?: number
  /** The last receive. */
  receivedAt?: number
  firstReceivedAt?: number
  group?: string
  dedupId?: string
  sequence?: number
  attributes?: Record<string, RecordedAttribute>
  traceHeader?: string
  deadLetterSourceArn?: string
}

/**
 * One change of a model as plain JSON data. A snapshot, a log and a compacted log are lists of records. Records are
 * idempotent, and a record about something unknown is ignored. So a list that was written while the model changed
 * still gives the right state. New members are compatible; a change of meaning needs a new version.
 */
export type SqsRecord =
  | {
      t: 'queue'
      name: string
      uid: string
      attributes: StringMap
      tags: StringMap
      createdAt: number
      modifiedAt: number
      purgedAt?: number
      sequence?: number
    }
  | { t: 'queue-deleted'; name: string; at: number }
  | { t: 'message'; queue: string; message: RecordedMessage }
  /** A receive, a change of visibility, or an undone receive. */
  | {
      t: 'state'
      queue: string
      id: string
      visibleAt: number
      inFlight: boolean
      receives: number
      receivedAt?: number
      firstReceivedAt?: number
    }
  | { t: 'gone'; queue: string; ids: string[] }
  | { t: 'purged'; queue: string; at: number }
  | { t: 'dedup'; queue: string; key: string; id: string; sequence: number; at: number }
  | {
      t: 'task'
      id: string
      status: MoveTaskStatus
      sourceArn: string
      destinationArn?: string
      perSecond?: number
      moved: number
      toMove: number
      failure?: string
      startedAt: number
    }
