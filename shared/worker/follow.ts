import type { AppDefinition } from '../core/app.ts'
import { maxDelayMs } from '../core/defaults.ts'
import { horizonMs } from '../core/due.ts'
import type { Effect } from '../core/effects.ts'
import { type Json, toText } from '../core/json.ts'
import { inputExpiresAtSeconds } from '../core/lifetime.ts'
import { deadLetterOf, messageText } from '../core/message-codec.ts'
import { type ParkedTask, parkedTask } from '../core/parked.ts'
import type { QueueTimes } from '../core/queue.ts'
import type { TaskRecord } from '../core/record.ts'
import type { planWait } from '../core/transport.ts'
import type { Delivery, HideRequest, OutgoingMessage, Ports } from '../ports/index.ts'
import type { Acknowledgements } from './acknowledgements.ts'
import { renewInputs } from './inputs.ts'
import type { RefusedDelivery } from './receive.ts'
import type { ReceivedTask } from './received-task.ts'
import type { Reporter } from './reporter.ts'

/** Hides a message where it is, never as a fresh copy: somebody else works on its task. */
export interface Hide {
  readonly kind: 'hide'
  readonly waitMs: number
}

/** What is to be done with one message, now that its record says what it says. */
export interface FollowUp {
  readonly received: ReceivedTask
  /** As it is now, if known: a fresh copy of the message carries its version. */
  readonly record: TaskRecord | undefined
  readonly effects: readonly (Effect | Hide)[]
  readonly event?: 'stale' | 'finished-again' | 'handed-back'
  readonly warning?: Error
  /**
   * It may wait in the table. Only what was settled here may: a message that came too early although it had waited there says that the clock of the
   * tick, which sent it, is wrong, and a minute that is still to come may be done. It waits in its queue, 15 minutes at a time. @default false
   */
  readonly parks?: boolean
  /** Without ledger, where receives are the attempts: this receive was one. @default false */
  readonly counts?: boolean
}

export interface FollowDeps {
  readonly app: Pick<AppDefinition, 'parks'>
  readonly ports: Ports
  readonly queueName: string
  readonly times: QueueTimes
  readonly acknowledgements: Acknowledgements
  readonly reporter: Reporter
  readonly planWait: typeof planWait
}

type EffectOf<Kind> = Extract<Effect | Hide, { readonly kind: Kind }>

/**
 * Carries out what follows, in the one order that loses nothing: dead letter, then visibility or a fresh copy, then the acknowledgement. A crash
 * between any two of them leaves the message: its next delivery finds the record and does the rest.
 */
export async function follow(followUps: readonly FollowUp[], deps: FollowDeps): Promise<void> {
  if (followUps.length === 0) return
  for (const followUp of followUps) announce(followUp, deps)
  const letters = withEffect(followUps, 'dead-letter')
  if (letters.length > 0) await sendDeadLetters(letters, deps)
  await letWait(withEffect(followUps, 'come-back'), withEffect(followUps, 'hide'), deps)
  for (const [{ received }] of withEffect(followUps, 'acknowledge'))
    deps.acknowledgements.acknowledge(received.delivery)
}

function withEffect<Kind extends (Effect | Hide)['kind']>(
  followUps: readonly FollowUp[],
  kind: Kind,
): readonly (readonly [FollowUp, EffectOf<Kind>])[] {
  return followUps.flatMap((followUp) =>
    followUp.effects
      .filter((effect): effect is EffectOf<Kind> => effect.kind === kind)
      .map((effect) => [followUp, effect] as const),
  )
}

function announce({ received, event, warning }: FollowUp, { reporter, ports, queueName }: FollowDeps): void {
  if (event !== undefined) reporter.event(received, { type: event })
  if (warning === undefined) return
  ports.telemetry.log('warn', warning.message, { queue: queueName, id: received.message.id })
}

/** A message whose dead letter was not sent is kept. Its next delivery tries again. */
async function sendDeadLetters(
  letters: readonly (readonly [FollowUp, EffectOf<'dead-letter'>])[],
  { ports, queueName, acknowledgements }: FollowDeps,
): Promise<void> {
  const at = ports.clock.now()
  const answers = await ports.queues.sendDead(
    queueName,
    letters.map(([{ received }, { reason, attempt, error }]) => {
      const note = { reason, attempt, at, ...(error !== undefined && { error }) }
      const { message } = received
      return { body: messageText(deadLetterOf(message, note)), attributes: { reason, task: message.task } }
    }),
  )
  for (const [index, [{ received }, { reason }]] of letters.entries()) {
    const { id, task } = received.message
    if (answers[index]?.status === 'sent')
      ports.telemetry.event({ type: 'dead-lettered', at, queue: queueName, task, id, reason })
    else acknowledgements.keep(received.delivery)
  }
}

/** A message that waits as a fresh copy. */
interface Copy {
  readonly delivery: Delivery
  readonly record: TaskRecord | undefined
  readonly message: OutgoingMessage
  readonly seconds: number
}

async function letWait(
  waiting: readonly (readonly [FollowUp, EffectOf<'come-back'>])[],
  held: readonly (readonly [FollowUp, Hide])[],
  deps: FollowDeps,
): Promise<void> {
  const now = deps.ports.clock.now()
  const hidden: HideRequest[] = held.map(([{ received }, { waitMs }]) => ({
    receipt: received.delivery.receipt,
    delaySeconds: Math.ceil(waitMs / 1_000),
  }))
  const copies: Copy[] = []
  const parked: Parking[] = []
  for (const [followUp, { at }] of waiting) {
    const { delivery } = followUp.received
    const wait = deps.planWait({
      waitMs: at - now,
      ageMs: now - delivery.sentAt,
      receiveCount: delivery.receiveCount,
      times: deps.times,
      canPark: followUp.parks === true && deps.app.parks,
    })
    if (wait.kind === 'hide') hidden.push({ receipt: delivery.receipt, delaySeconds: wait.seconds })
    else if (wait.kind === 'park' && followUp.record !== undefined) {
      const { generation, id } = followUp.record
      const item = parkedTask({ generation, id }, deps.queueName, at, copyOf(followUp, at))
      const { input = { $: 'undefined' } } = followUp.received.message
      parked.push({ delivery, record: followUp.record, input, item })
    } else if (wait.kind === 'refresh') {
      const message = { body: copyOf(followUp, Math.max(at, now)), delaySeconds: wait.delaySeconds }
      copies.push({ delivery, record: followUp.record, message, seconds: wait.delaySeconds })
    }
  }
  if (copies.length > 0) hidden.push(...(await sendCopies(copies, deps)))
  if (parked.length > 0) hidden.push(...(await park(parked, deps)))
  if (hidden.length > 0) await deps.ports.queues.hide(deps.queueName, hidden)
}

/** A message that waits in the table. */
interface Parking {
  readonly delivery: Delivery
  readonly record: TaskRecord
  /** The message's. */
  readonly input: Json
  readonly item: ParkedTask
}

/**
 * Puts each task into the table until it is due, then acknowledges its message. Returns those to be hidden instead, because their item may not be
 * there: they come again, are too early, and are parked again, as the same item.
 */
async function park(
  parked: readonly Parking[],
  { ports, queueName, acknowledgements }: FollowDeps,
): Promise<readonly HideRequest[]> {
  const apart = parked.filter(({ item }) => item.body === undefined)
  const answers = (await keepInputs(ports, apart))
    ? await ports.due.put(parked.map(({ item }) => item))
    : parked.map(() => undefined)
  const unclear: HideRequest[] = []
  const late: OutgoingMessage[] = []
  const now = ports.clock.now()
  for (const [index, { delivery, item }] of parked.entries()) {
    if (answers[index]?.status === 'done') acknowledgements.acknowledge(delivery)
    else unclear.push({ receipt: delivery.receipt, delaySeconds: maxDelayMs / 1_000 })
    // This process was frozen before it wrote: the tick may be past that minute.
    if (item.at <= now + horizonMs && item.body !== undefined) late.push({ body: item.body })
  }
  if (late.length > 0) await ports.queues.send(queueName, late)
  return unclear
}

/** A parked task whose message is large is made again from record and input, so the message's input is written beside the record. False: it may not be there. */
async function keepInputs(ports: Ports, parked: readonly Parking[]): Promise<boolean> {
  const items = parked.flatMap(({ record: { id, inputRef }, input, item }) =>
    inputRef === undefined
      ? []
      : [{ id, ref: inputRef, body: toText(input), expiresAt: inputExpiresAtSeconds(item.at) }],
  )
  if (items.length === 0) return true
  try {
    await ports.inputs.write(items)
    return true
  } catch {
    return false
  }
}

/** Sends each copy, then acknowledges the old message. Returns those to be hidden instead, because their copy was not sent. */
async function sendCopies(
  copies: readonly Copy[],
  { ports, queueName, acknowledgements }: FollowDeps,
): Promise<readonly HideRequest[]> {
  await renewInputs(
    ports,
    copies.flatMap(({ record }) => record ?? []),
  )
  const answers = await ports.queues.send(
    queueName,
    copies.map(({ message }) => message),
  )
  const unsent: HideRequest[] = []
  for (const [index, { delivery, seconds }] of copies.entries()) {
    if (answers[index]?.status === 'sent') acknowledgements.acknowledge(delivery)
    else unsent.push({ receipt: delivery.receipt, delaySeconds: Math.min(seconds, maxDelayMs / 1_000) })
  }
  return unsent
}

function copyOf({ received, record, counts = false }: FollowUp, availableAt: number): string {
  const { message, delivery } = received
  if (received.withoutLedger) {
    const attempt = (message.attempt ?? 0) + delivery.receiveCount - (counts ? 0 : 1)
    return messageText({ ...message, ledger: 'off', availableAt: Math.ceil(availableAt), attempt })
  }
  const { dead: _dead, ...rest } = message
  // Never sooner than before: the copy of a message that was early when its queue was paused is claimed without a look at the record.
  const later = Math.max(Math.ceil(availableAt), message.availableAt ?? 0)
  const version = record && { generation: record.generation, v: record.v }
  return messageText({ ...rest, availableAt: later, ...version })
}

/** SQS takes ten attributes. One of them is the reason. */
const mostOwnAttributes = 9

/** Moves what is not a Celeriac message to the dead-letter queue: the body as it is, the reason beside it. */
export async function putAside(
  refused: readonly RefusedDelivery[],
  { ports, queueName, acknowledgements }: Pick<FollowDeps, 'ports' | 'queueName' | 'acknowledgements'>,
): Promise<void> {
  if (refused.length === 0) return
  const answers = await ports.queues.sendDead(
    queueName,
    refused.map(({ delivery: { body, attributes }, error: { reason } }) => ({
      body,
      attributes: { ...Object.fromEntries(Object.entries(attributes).slice(0, mostOwnAttributes)), reason },
    })),
  )
  for (const [index, { delivery, error }] of refused.entries()) {
    const fields = { queue: queueName, messageId: delivery.messageId, reason: error.message }
    const answer = answers[index]
    if (answer?.status === 'sent') {
      acknowledgements.acknowledge(delivery)
      ports.telemetry.log('error', 'Moved to the dead-letter queue: not a Celeriac message.', fields)
    } else {
      const failure = answer?.error.message ?? 'no answer'
      ports.telemetry.log(
        'error',
        'Not a Celeriac message, and it could not be moved to the dead-letter queue. It comes again.',
        {
          ...fields,
          error: failure,
        },
      )
    }
  }
}
