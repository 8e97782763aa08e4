import { isToken } from './characters.ts'
import { type Context, queueAt, settle } from './context.ts'
import { deadLetterQueueFor, moveToDeadLetters } from './dead-letters.ts'
import { invalidValue, SqsError, unknownAttribute } from './errors.ts'
import { MAX_IN_FLIGHT, MAX_VISIBILITY_SECONDS, MAX_WAIT_SECONDS } from './limits.ts'
import type { Queue } from './queue.ts'
import { type Receive, received } from './received-message.ts'
import { stateRecord } from './recording.ts'
import type { StoredMessage } from './stored-message.ts'
import { SYSTEM_ATTRIBUTES } from './system-attributes.ts'
import type * as api from './types.ts'

/** Reads a request; throws what SQS refuses. Source: API_ReceiveMessage. */
export function readReceive(context: Context, input: api.ReceiveMessageRequest): Receive {
  const queue = queueAt(context, input.QueueUrl)
  const max = input.MaxNumberOfMessages ?? 1
  if (!within(max, 1, 10)) throw invalidValue(max, 'MaxNumberOfMessages', 'Must be between 1 and 10, if provided.')
  const visibilitySeconds = input.VisibilityTimeout ?? queue.attributes.visibilitySeconds
  if (!within(visibilitySeconds, 0, MAX_VISIBILITY_SECONDS)) {
    throw invalidValue(
      visibilitySeconds,
      'VisibilityTimeout',
      `Must be >= 0 and <= ${MAX_VISIBILITY_SECONDS}, if provided.`,
    )
  }
  const waitSeconds = input.WaitTimeSeconds ?? queue.attributes.waitSeconds
  if (!within(waitSeconds, 0, MAX_WAIT_SECONDS)) {
    throw invalidValue(waitSeconds, 'WaitTimeSeconds', `Must be >= 0 and <= ${MAX_WAIT_SECONDS}, if provided.`)
  }
  return {
    queue,
    max,
    visibilitySeconds,
    waitSeconds,
    systemNames: systemNamesOf(input),
    attributeNames: input.MessageAttributeNames ?? [],
    attemptId: attemptIdOf(queue, input.ReceiveRequestAttemptId),
  }
}

const within = (value: number, low: number, high: number): boolean =>
  Number.isInteger(value) && value >= low && value <= high

const NONE: ReadonlySet<string> = new Set()

function systemNamesOf(input: api.ReceiveMessageRequest): ReadonlySet<string> {
  const { AttributeNames: older = [], MessageSystemAttributeNames: newer = [] } = input
  if (older.length + newer.length === 0) return NONE
  const names = new Set([...older, ...newer])
  for (const name of names) if (name !== 'All' && !SYSTEM_ATTRIBUTES.has(name)) throw unknownAttribute(name)
  return names.has('All') ? SYSTEM_ATTRIBUTES : names
}

function attemptIdOf(queue: Queue, given: string | undefined): string | undefined {
  if (given === undefined) return undefined
  if (!queue.fifo) {
    throw invalidValue(
      given,
      'ReceiveRequestAttemptId',
      'The request include parameter that is not valid for this queue type.',
    )
  }
  if (isToken(given)) return given
  throw invalidValue(
    given,
    'ReceiveRequestAttemptId',
    'ReceiveRequestAttemptId can only include alphanumeric and punctuation characters. 1 to 128 in length.',
  )
}

/** Takes the available messages. The caller must call `settle`; a taken message makes no other message available. */
export function takeNow(context: Context, receive: Receive): api.ReceiveMessageResult {
  const { queue, attemptId } = receive
  const now = context.clock.now()
  queue.advance(now)
  if (receive.waitSeconds === 0 && context.shortPollMissRate > 0 && context.random() < context.shortPollMissRate) {
    return {}
  }
  const repeated = attemptId === undefined ? undefined : repeat(context, receive, attemptId, now)
  const messages = repeated ?? takeFresh(context, receive, now)
  if (attemptId !== undefined) queue.attempts.remember(attemptId, now, messages)
  if (messages.length === 0) return {}
  return { Messages: messages.map((message) => received(context, receive, message)) }
}

function takeFresh(context: Context, receive: Receive, now: number): StoredMessage[] {
  const { queue, max, visibilitySeconds } = receive
  const room = MAX_IN_FLIGHT - queue.store.inFlight
  if (room <= 0) {
    // FIFO queues and long polls return no messages instead. Source: Developer Guide, "Amazon SQS queue quotas".
    if (queue.fifo || receive.waitSeconds > 0) return []
    throw new SqsError('OverLimit', 'Too many messages received but not deleted: the queue is at its in-flight limit.')
  }
  const taken: StoredMessage[] = []
  const dead: [StoredMessage, Queue][] = []
  queue.store.take(Math.min(max, room), (message) => {
    const deadLetterQueue = deadLetterQueueFor(context, queue, message)
    if (deadLetterQueue !== undefined) {
      queue.store.remove(message)
      dead.push([message, deadLetterQueue])
      return false
    }
    const firstReceivedAt = message.receipt?.firstReceivedAt ?? now
    queue.store.hide(message, now + visibilitySeconds * 1000, { receivedAt: now, firstReceivedAt })
    if (context.recording) context.emit(stateRecord(queue.name, message))
    taken.push(message)
    return true
  })
  // Only after the loop: the dead-letter queue may be this same queue.
  for (const [message, deadLetterQueue] of dead) moveToDeadLetters(context, queue, deadLetterQueue, message)
  return taken
}

function repeat(context: Context, receive: Receive, attemptId: string, now: number): StoredMessage[] | undefined {
  const { queue, visibilitySeconds } = receive
  const { state, attempt } = queue.attempts.find(attemptId, now)
  if (state === 'new' || attempt === undefined) return undefined
  if (state === 'spoilt') {
    throw invalidValue(
      attemptId,
      'ReceiveRequestAttemptId',
      'The receiveRequestAttemptId is not valid anymore since the receive call is not retryable.',
    )
  }
  // The same messages and handles; the visibility timeout starts again, the receive is not counted again.
  const messages = attempt.taken.map(({ message }) => message)
  for (const message of messages) {
    queue.store.retime(message, now + visibilitySeconds * 1000, now)
    if (context.recording) context.emit(stateRecord(queue.name, message))
  }
  return messages
}

/** Short or long poll; see `SqsModel.poll`. */
export function poll(
  context: Context,
  input: api.ReceiveMessageRequest,
  done: (result: api.ReceiveMessageResult) => void,
): () => void {
  const receive = readReceive(context, input)
  const result = takeNow(context, receive)
  if (result.Messages !== undefined || receive.waitSeconds === 0) {
    done(result)
    return () => {}
  }
  const { queue } = receive
  const leave = queue.waiting.wait(
    receive.waitSeconds * 1000,
    () => {
      const later = takeNow(context, receive)
      return later.Messages === undefined ? undefined : () => done(later)
    },
    () => done({}),
  )
  settle(context, queue)
  return leave
}
