import { messageOf } from '../core/call.ts'
import { maxDelayMs } from '../core/defaults.ts'
import { errorText } from '../core/error-data.ts'
import { UnknownQueueError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import { messageText } from '../core/message-codec.ts'
import type { TaskRecord } from '../core/record.ts'
import { isTerminal } from '../core/states.ts'
import { settleRecord } from '../core/transitions.ts'
import type { DueItem, OutgoingMessage } from '../ports/index.ts'
import type { ScheduleDeps } from './deps.ts'

/** The remaining delay is computed again after so many messages: the last of a page may be sent seconds after the first. */
const sentAtOnce = 100

interface Release {
  readonly item: DueItem
  readonly queue: string
  readonly body: string
  readonly task: string
}

/**
 * Sends due tasks with the rest of their delay. A small message is stored in the item and sent without reading its record: the claim checks the
 * record's current state. Larger messages are built from their records.
 *
 * @returns the items that were sent or never need to be sent
 * @throws if the table does not answer
 */
export async function releaseTasks(items: readonly DueItem[], deps: ScheduleDeps): Promise<ReadonlySet<DueItem>> {
  const done = new Set<DueItem>()
  const carried = items.flatMap((item) => carriedRelease(item) ?? [])
  const bare = items.filter(({ body, queue }) => body === undefined || queue === undefined)
  const made = bare.length === 0 ? [] : await releasesOfRecords(bare, deps, done)
  const byQueue = new Map<string, Release[]>()
  for (const release of [...carried, ...made]) {
    const releases = byQueue.get(release.queue)
    if (releases === undefined) byQueue.set(release.queue, [release])
    else releases.push(release)
  }
  await Promise.all(
    [...byQueue].map(async ([queue, releases]) => {
      for (let from = 0; from < releases.length; from += sentAtOnce)
        await send(queue, releases.slice(from, from + sentAtOnce), deps, done)
    }),
  )
  return done
}

function carriedRelease(item: DueItem): Release | undefined {
  const { body, queue } = item
  if (body === undefined || queue === undefined) return undefined
  const { task } = JSON.parse(body) as { readonly task: string }
  return { item, queue, body, task }
}

/** Messages too large for a due item. Tasks that ended or were reopened meanwhile need no message. */
async function releasesOfRecords(
  items: readonly DueItem[],
  { ports }: ScheduleDeps,
  done: Set<DueItem>,
): Promise<readonly Release[]> {
  const records = await ports.records.read(
    items.map(({ id }) => id),
    { consistent: true },
  )
  const open: { readonly item: DueItem; readonly record: TaskRecord }[] = []
  for (const [index, item] of items.entries()) {
    const record = records[index]
    if (record === undefined || isTerminal(record.state) || record.generation !== item.generation) done.add(item)
    else open.push({ item, record })
  }
  const apart = open.flatMap(({ record: { id, inputRef } }) => (inputRef === undefined ? [] : [{ id, ref: inputRef }]))
  const texts = apart.length === 0 ? [] : await ports.inputs.read(apart)
  const inputs = new Map(apart.map(({ id }, index) => [id, texts[index]]))
  return open.flatMap(({ item, record }) => {
    const text = record.input ?? inputs.get(record.id)
    if (text === undefined) {
      done.add(item)
      ports.telemetry.log('error', 'A delayed task was not sent: its input is gone.', { id: item.id })
      return []
    }
    const message = messageOf(record, JSON.parse(text) as Json)
    return [{ item, queue: record.queue, body: messageText(message), task: record.task }]
  })
}

async function send(
  queue: string,
  releases: readonly Release[],
  deps: ScheduleDeps,
  done: Set<DueItem>,
): Promise<void> {
  const { ports } = deps
  const now = ports.clock.now()
  const messages = releases.map(({ item, body, task }): OutgoingMessage => {
    const delayMs = Math.min(maxDelayMs, item.at - now)
    return { body, attributes: { task }, ...(delayMs > 0 && { delaySeconds: Math.ceil(delayMs / 1_000) }) }
  })
  try {
    const answers = await ports.queues.send(queue, messages)
    for (const [index, { item }] of releases.entries()) if (answers[index]?.status === 'sent') done.add(item)
  } catch (error) {
    if (error instanceof UnknownQueueError) await failWithoutQueue(queue, releases, error, deps, done)
    else ports.telemetry.log('error', 'Delayed tasks could not be sent.', { queue, error: errorText(error) })
  }
}

/** The queue was renamed or removed while they waited. There is no dead-letter queue either: their records say so. */
async function failWithoutQueue(
  queue: string,
  releases: readonly Release[],
  error: UnknownQueueError,
  { ports, ledger, app }: ScheduleDeps,
  done: Set<DueItem>,
): Promise<void> {
  ports.telemetry.log('error', 'Delayed tasks ended in FAILURE: their queue does not exist.', {
    queue,
    count: releases.length,
  })
  const records = await ports.records.read(
    releases.map(({ item }) => item.id),
    { consistent: true },
  )
  const now = ports.clock.now()
  const open = records.flatMap((record, index) => {
    const item = releases[index]?.item
    return record === undefined || isTerminal(record.state) || record.generation !== item?.generation ? [] : [record]
  })
  const answers = await ledger.change(
    open.map((record) =>
      settleRecord({
        record,
        token: ports.random.token(),
        settlement: { state: 'FAILURE', counts: false, error, deadLetter: 'unknown-queue' },
        now,
        resultTtlMs: app.tasks.get(record.task)?.resultTtlMs ?? 0,
        scrub: (text) => text,
      }),
    ),
  )
  const failed = new Set(open.filter((_, index) => answers[index]?.status === 'failed').map(({ id }) => id))
  for (const { item } of releases) if (!failed.has(item.id)) done.add(item)
}
