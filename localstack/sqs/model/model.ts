import * as acknowledging from './acknowledging.ts'
import type { Addresses } from './addresses.ts'
import { systemClock } from './clock.ts'
import type { Context } from './context.ts'
import { inspector } from './inspector.ts'
import { md5Sums, noSums } from './md5.ts'
import { MoveTasks } from './move-tasks.ts'
import * as settings from './queue-settings.ts'
import * as queues from './queues.ts'
import { randomId } from './random-id.ts'
import { poll, readReceive, takeNow } from './receiving.ts'
import { records, replay } from './replay.ts'
import { sendMessage, sendMessageBatch } from './sending.ts'
import type { ReceiveOptions, SqsModel, SqsModelOptions } from './surface.ts'
import type * as api from './types.ts'

/** Makes an empty SQS; see `SqsModel`. */
export function createSqsModel(options: SqsModelOptions = {}): SqsModel {
  const { onRecord } = options
  const addresses: Addresses = {
    accountId: options.accountId ?? '000000000000',
    region: options.region ?? 'us-east-1',
    baseUrl: options.baseUrl ?? 'http://127.0.0.1:9324',
  }
  const context: Context = {
    clock: options.clock ?? systemClock,
    ids: options.ids ?? randomId,
    random: options.random ?? Math.random,
    addresses,
    senderId: options.senderId ?? 'AIDALOCALCELERIAC',
    shortPollMissRate: options.shortPollMissRate ?? 0,
    sums: options.checksums === false ? noSums : md5Sums,
    queues: new Map(),
    deletedNames: new Map(),
    emit: onRecord ?? (() => {}),
    recording: onRecord !== undefined,
  }
  const tasks = new MoveTasks(context)

  return {
    createQueue: (input) => queues.createQueue(context, input),
    deleteQueue: (input) => queues.deleteQueue(context, input),
    getQueueUrl: (input) => queues.getQueueUrl(context, input),
    listQueues: (input = {}) => queues.listQueues(context, input),
    listDeadLetterSourceQueues: (input) => queues.listDeadLetterSourceQueues(context, input),
    getQueueAttributes: (input) => settings.getQueueAttributes(context, input),
    setQueueAttributes: (input) => settings.setQueueAttributes(context, input),
    tagQueue: (input) => settings.tagQueue(context, input),
    untagQueue: (input) => settings.untagQueue(context, input),
    listQueueTags: (input) => settings.listQueueTags(context, input),
    addPermission: (input) => settings.addPermission(context, input),
    removePermission: (input) => settings.removePermission(context, input),
    purgeQueue: (input) => settings.purgeQueue(context, input),

    sendMessage: (input) => sendMessage(context, input),
    sendMessageBatch: (input) => sendMessageBatch(context, input),
    receiveMessage: (input, receiveOptions) => receiveMessage(context, input, receiveOptions),
    receiveMessageNow: (input) => takeNow(context, readReceive(context, input)),
    poll: (input, done) => poll(context, input, done),
    unreceive: (queueUrl, result) => acknowledging.unreceive(context, queueUrl, result),
    deleteMessage: (input) => acknowledging.deleteMessage(context, input),
    deleteMessageBatch: (input) => acknowledging.deleteMessageBatch(context, input),
    changeMessageVisibility: (input) => acknowledging.changeMessageVisibility(context, input),
    changeMessageVisibilityBatch: (input) => acknowledging.changeMessageVisibilityBatch(context, input),

    startMessageMoveTask: (input) => tasks.start(input),
    listMessageMoveTasks: (input) => tasks.list(input),
    cancelMessageMoveTask: (input) => tasks.cancel(input),

    inspect: inspector(context),
    snapshot: () => ({ version: 1, records: [...records(context, tasks)] }),
    restore(snapshot) {
      if (snapshot.version !== 1)
        throw new Error(`cannot restore a snapshot of version ${snapshot.version}: expected 1`)
      replay(context, tasks, snapshot.records)
    },
    records: () => records(context, tasks),
    replay: (source) => replay(context, tasks, source),
    close() {
      tasks.close()
      for (const queue of context.queues.values()) queue.waiting.empty()
    },
    setBaseUrl(baseUrl) {
      addresses.baseUrl = baseUrl
    },
  }
}

function receiveMessage(
  context: Context,
  input: api.ReceiveMessageRequest,
  { signal }: ReceiveOptions = {},
): Promise<api.ReceiveMessageResult> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    let leave = (): void => {}
    const aborted = (): void => {
      leave()
      reject(signal?.reason)
    }
    // Add the listener before the poll: the poll may finish at once and then removes the listener.
    signal?.addEventListener('abort', aborted, { once: true })
    try {
      leave = poll(context, input, (result) => {
        signal?.removeEventListener('abort', aborted)
        resolve(result)
      })
    } catch (error) {
      signal?.removeEventListener('abort', aborted)
      reject(error)
    }
  })
}
