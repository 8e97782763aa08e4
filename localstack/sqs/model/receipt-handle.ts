import { SqsError } from './errors.ts'

/** The content of a receipt handle: queue, message and receive. */
export interface Receipt {
  queueUid: string
  messageId: string
  /** The message's receive count at that receive. Unique among the receives of a message. */
  receive: number
}

export const receiptHandle = (queueUid: string, messageId: string, receive: number): string =>
  Buffer.from(`${queueUid} ${messageId} ${receive}`).toString('base64')

const SHAPE = /^(\S+) (\S+) (\d{1,15})$/

/** Reads a handle. Throws `ReceiptHandleIsInvalid` for text that is not a handle. */
export function readReceiptHandle(handle: string): Receipt {
  const parts = SHAPE.exec(Buffer.from(handle, 'base64').toString())
  if (parts === null) {
    throw new SqsError('ReceiptHandleIsInvalid', `The input receipt handle "${handle}" is not a valid receipt handle.`)
  }
  const [, queueUid = '', messageId = '', receive = ''] = parts
  return { queueUid, messageId, receive: Number(receive) }
}
