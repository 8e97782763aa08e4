import type { AppDefinition } from '../core/app.ts'
import { decode } from '../core/json.ts'
import type { TaskMessage } from '../core/message.ts'
import { parseMessage } from '../core/message-codec.ts'
import type { ErrorData } from '../core/record.ts'
import { redacted, redactInput } from '../core/redact.ts'
import type { Delivery, Queues } from '../ports/index.ts'
import { checkQueue } from './check-queue.ts'
import type { Services } from './services.ts'

/** A message in a dead-letter queue. */
export interface DeadLetterInfo {
  readonly messageId: string
  readonly queue: string
  /** Undefined: not a Celeriac message. */
  readonly id: string | undefined
  readonly task: string | undefined
  /** `failure`, `rejected`, `worker-lost`, `input-refused`, `unknown-task`, …; `max-receives`: SQS moved it, nobody handled it. */
  readonly reason: string
  readonly error: ErrorData | undefined
  /** Counted attempts. */
  readonly attempts: number | undefined
  /** When it came into the dead-letter queue. */
  readonly deadAt: Date
  /** Decoded, with sensitive fields hidden. */
  readonly input: unknown
  /** Of what is not a Celeriac message, as it is. */
  readonly body: string | undefined
}

export interface DeadLettersQuery {
  readonly queue: string
  /** At most so many. @default 100 */
  readonly limit?: number
}

const pageSize = 10
/** Who looks hides what is seen, for so long: SQS has no other way to look. */
const peekSeconds = 3

/**
 * Dead letters of a queue, oldest first. They stay where they are. Others cannot receive them while they are being read.
 *
 * @throws {DefinitionError} the app has no such queue
 */
export async function readDeadLetters(
  services: Services,
  { queue, limit = 100 }: DeadLettersQuery,
): Promise<readonly DeadLetterInfo[]> {
  checkQueue(services, 'inspect.deadLetters', queue)
  const { app, ports } = services
  const found = new Map<string, DeadLetterInfo>()
  const receipts = new Map<string, string>()
  while (found.size < limit) {
    const max = Math.min(pageSize, limit - found.size)
    const deliveries = await ports.queues.receive(queue, { max, waitSeconds: 1, hideSeconds: peekSeconds, dead: true })
    for (const { messageId, receipt } of deliveries) receipts.set(messageId, receipt)
    const fresh = deliveries.filter(({ messageId }) => !found.has(messageId))
    // All were seen: they come round again.
    if (fresh.length === 0) break
    for (const delivery of fresh) found.set(delivery.messageId, describeDeadLetter(delivery, queue, app))
  }
  await showAgain(ports.queues, queue, [...receipts.values()])
  return [...found.values()].sort((a, b) => a.deadAt.getTime() - b.deadAt.getTime())
}

/** Lets dead letters that were looked at be received again at once. */
export async function showAgain(queues: Queues, queue: string, receipts: readonly string[]): Promise<void> {
  if (receipts.length === 0) return
  await queues.hide(
    queue,
    receipts.map((receipt) => ({ receipt, delaySeconds: 0 })),
    { dead: true },
  )
}

/** What a dead letter says of itself. */
export function describeDeadLetter(delivery: Delivery, queue: string, app: AppDefinition): DeadLetterInfo {
  const { messageId, body, attributes, sentAt } = delivery
  const message = messageIn(body)
  return {
    messageId,
    queue,
    id: message?.id,
    task: message?.task,
    reason: message?.dead?.reason ?? attributes.reason ?? 'max-receives',
    error: message?.dead?.error,
    attempts: message?.dead?.attempt,
    deadAt: new Date(message?.dead?.at ?? sentAt),
    input: message && shownInput(message, app),
    body: message === undefined ? body : undefined,
  }
}

function messageIn(body: string): TaskMessage | undefined {
  try {
    return parseMessage(body)
  } catch {
    return undefined
  }
}

function shownInput({ task, input }: TaskMessage, app: AppDefinition): unknown {
  if (input === undefined) return undefined
  // What is sensitive is said by the definition alone.
  const definition = app.tasks.get(task)
  if (definition === undefined) return redacted
  try {
    return redactInput(decode(input), definition.sensitive)
  } catch {
    return redacted
  }
}
