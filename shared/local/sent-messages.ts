import type { SqsModel } from '../../localstack/sqs/model/index.ts'
import { parseMessage } from '../core/message-codec.ts'
import type { TaskEvent } from '../ports/telemetry.ts'
import type { LocalPlan } from './plan.ts'

/** A message sent this long after its task was enqueued is one that waits on, not a new one. */
const freshMs = 10_000

/**
 * Tells of every task that any process enqueues, by looking at what SQS is sent. (Events of the worker's processes come in their own lines;
 * a producer elsewhere, the web server say, writes none that could be read here.)
 *
 * @param model a server's; its two sending actions are wrapped
 * @param plan whose queues are looked at
 */
export function watchSentTasks(
  model: SqsModel,
  plan: () => LocalPlan | undefined,
  onEvent: (event: TaskEvent) => void,
): void {
  const tell = (queueUrl: string | undefined, body: string | undefined, delaySeconds = 0): void => {
    const name = queueUrl?.slice(queueUrl.lastIndexOf('/') + 1)
    const queue = plan()?.queues.find(({ queueName }) => queueName === name)?.queue
    if (queue === undefined || body === undefined) return
    try {
      const { task, id, sentAt, availableAt } = parseMessage(body)
      const at = Date.now()
      if (sentAt !== undefined && at - sentAt > freshMs) return
      const due = availableAt ?? (delaySeconds > 0 ? at + delaySeconds * 1_000 : undefined)
      onEvent({ type: 'queued', at, queue, task, id, ...(due !== undefined && { availableAt: due }) })
    } catch {
      // No task: the worker will say so.
    }
  }
  const { sendMessage, sendMessageBatch } = model
  model.sendMessage = (input) => {
    const result = sendMessage(input)
    tell(input.QueueUrl, input.MessageBody, input.DelaySeconds)
    return result
  }
  model.sendMessageBatch = (input) => {
    const result = sendMessageBatch(input)
    const sent = new Set<string | undefined>(result.Successful?.map(({ Id }) => Id))
    for (const { Id, MessageBody, DelaySeconds } of input.Entries ?? []) {
      if (sent.has(Id)) tell(input.QueueUrl, MessageBody, DelaySeconds)
    }
    return result
  }
}
