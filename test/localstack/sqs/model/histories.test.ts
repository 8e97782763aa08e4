import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSqsModel, SqsError, type SqsModel, type SqsRecord } from '../../../../localstack/sqs/model/index.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

/** One step of a made-up history; numbers choose among what is there. */
const step = fc.record({
  what: fc.constantFrom('send', 'send', 'receive', 'receive', 'delete', 'change', 'pass', 'unreceive', 'purge'),
  a: fc.nat({ max: 1_000 }),
  b: fc.nat({ max: 1_000 }),
})
type Step = { what: string; a: number; b: number }

interface Delivery {
  id: string
  handle: string
  group: string | undefined
  body: string
  count: number
}

interface History {
  clock: ManualClock
  model: SqsModel
  url: string
  records: SqsRecord[]
  deliveries: Delivery[]
  sent: Map<string, string>
  deleted: Set<string>
  run(steps: Step[], after?: (history: History, step: Step) => void): void
}

function history(fifo: boolean): History {
  const clock = new ManualClock()
  const records: SqsRecord[] = []
  let ids = 0
  const model = createSqsModel({
    clock,
    ids: () => `id-${++ids}`,
    onRecord: (record) => records.push(JSON.parse(JSON.stringify(record)) as SqsRecord),
  })
  const dead = model.createQueue({ QueueName: fifo ? 'dead.fifo' : 'dead', Attributes: type(fifo) }).QueueUrl
  const deadLetterTargetArn = `arn:aws:sqs:us-east-1:000000000000:${dead.slice(dead.lastIndexOf('/') + 1)}`
  const url = model.createQueue({
    QueueName: fifo ? 'q.fifo' : 'q',
    Attributes: { ...type(fifo), RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 4 }) },
  }).QueueUrl
  const self: History = {
    clock,
    model,
    url,
    records,
    deliveries: [],
    sent: new Map(),
    deleted: new Set(),
    run(steps, after) {
      for (const one of steps) {
        try {
          act(self, one, fifo)
        } catch (error) {
          if (!(error instanceof SqsError)) throw error
        }
        after?.(self, one)
      }
    },
  }
  return self
}

const type = (fifo: boolean): Record<string, string> => (fifo ? { FifoQueue: 'true' } : {})

function act(self: History, { what, a, b }: Step, fifo: boolean): void {
  const { model, url: QueueUrl, deliveries } = self
  const delivery = deliveries[a % Math.max(1, deliveries.length)]
  const ReceiptHandle = delivery?.handle
  switch (what) {
    case 'send': {
      const MessageBody = `body ${self.sent.size}`
      const group = b % 4 === 0 && !fifo ? {} : { MessageGroupId: `g${a % 3}` }
      const rest = fifo ? { MessageDeduplicationId: `d${a}` } : { DelaySeconds: b % 5 === 0 ? (a % 20) + 1 : 0 }
      const { MessageId } = model.sendMessage({ QueueUrl, MessageBody, ...group, ...rest })
      if (!self.sent.has(MessageId)) self.sent.set(MessageId, MessageBody)
      return
    }
    case 'receive': {
      const { Messages = [] } = model.receiveMessageNow({
        QueueUrl,
        MaxNumberOfMessages: (a % 10) + 1,
        VisibilityTimeout: b % 30,
        MessageSystemAttributeNames: ['All'],
      })
      for (const message of Messages) {
        deliveries.push({
          id: message.MessageId,
          handle: message.ReceiptHandle,
          body: message.Body,
          group: message.Attributes?.MessageGroupId,
          count: Number(message.Attributes?.ApproximateReceiveCount),
        })
      }
      return
    }
    case 'delete':
      if (delivery === undefined) return
      model.deleteMessage({ QueueUrl, ReceiptHandle })
      if (!model.inspect.messages(QueueUrl).some(({ messageId }) => messageId === delivery.id)) {
        self.deleted.add(delivery.id)
      }
      return
    case 'change':
      if (delivery !== undefined) model.changeMessageVisibility({ QueueUrl, ReceiptHandle, VisibilityTimeout: b % 40 })
      return
    case 'unreceive':
      if (delivery === undefined) return
      model.unreceive(QueueUrl, {
        Messages: [{ MessageId: delivery.id, ReceiptHandle: delivery.handle, Body: '', MD5OfBody: '' }],
      })
      return
    case 'purge':
      if (a % 20 === 0) model.purgeQueue({ QueueUrl })
      return
    default:
      self.clock.advance(b * 20)
  }
}

/** What receives give from now on, by group. */
function drained(model: SqsModel, QueueUrl: string): Record<string, string[]> {
  const groups: Record<string, string[]> = {}
  for (;;) {
    const { Messages } = model.receiveMessageNow({
      QueueUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 600,
      MessageSystemAttributeNames: ['MessageGroupId'],
    })
    if (Messages === undefined) return groups
    for (const { Body, Attributes } of Messages) {
      const group = Attributes?.MessageGroupId ?? ''
      groups[group] = [...(groups[group] ?? []), Body]
    }
  }
}

const both = [
  ['a standard queue', false],
  ['a FIFO queue', true],
] as const

const deadOf = (fifo: boolean) => (fifo ? 'dead.fifo' : 'dead')

describe.each(both)('any history of %s', (_name, fifo) => {
  const steps = fc.array(step, { maxLength: 80 })

  test('loses no message, invents none, and counts right', () => {
    fc.assert(
      fc.property(steps, (some) => {
        let purged = false
        const self = history(fifo)
        self.run(some, ({ model, url, sent }, { what, a }) => {
          purged ||= what === 'purge' && a % 20 === 0
          const here = model.inspect.messages(url)
          const elsewhere = model.inspect.messages(deadOf(fifo))
          const { visible, delayed, inFlight } = model.inspect.counts(url)
          expect(visible + delayed + inFlight).toBe(here.length)
          expect(here.filter(({ state }) => state === 'inFlight')).toHaveLength(inFlight)
          const present = new Set([...here, ...elsewhere].map(({ messageId }) => messageId))
          expect(present.size).toBe(here.length + elsewhere.length)
          for (const { messageId, body } of [...here, ...elsewhere]) expect(sent.get(messageId)).toBe(body)
          if (purged) return
          for (const id of sent.keys()) expect(present.has(id) || self.deleted.has(id)).toBe(true)
        })
        for (const { id } of self.model.inspect.messages(self.url).map(({ messageId }) => ({ id: messageId }))) {
          expect(self.deleted.has(id)).toBe(false)
        }
      }),
      { numRuns: 150 },
    )
  })

  test('is told whole by its records: replayed they give the same model, order included', () => {
    fc.assert(
      fc.property(steps, (some) => {
        const self = history(fifo)
        self.run(some)
        const replayed = createSqsModel({ clock: self.clock })
        replayed.replay(self.records)
        const restored = createSqsModel({ clock: self.clock })
        restored.restore(self.model.snapshot())
        for (const queue of [self.url, deadOf(fifo)]) {
          const expected = self.model.inspect.messages(queue)
          expect(replayed.inspect.messages(queue)).toEqual(expected)
          expect(restored.inspect.messages(queue)).toEqual(expected)
        }
        if (!fifo) return
        // What comes next is the same, too, group by group: whose turn it is among groups is not written down.
        self.clock.advance(60_000)
        const original = drained(self.model, self.url)
        expect([drained(replayed, self.url), drained(restored, self.url)]).toEqual([original, original])
      }),
      { numRuns: 150 },
    )
  })
})

describe('any history of a FIFO queue', () => {
  test('never gives a message of a group while an earlier one is hidden, and keeps the order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (some) => {
        const self = history(true)
        let known = 0
        self.run(some, ({ model, url, deliveries }, { what }) => {
          const fresh = deliveries.slice(known)
          known = deliveries.length
          if (what !== 'receive') return
          const messages = model.inspect.messages(url)
          for (const group of ['g0', 'g1', 'g2']) {
            const members = messages.filter(({ groupId }) => groupId === group).map(({ messageId }) => messageId)
            const given = fresh.filter((delivery) => delivery.group === group).map(({ id }) => id)
            // What was given is the head of what is there.
            expect(given).toEqual(members.slice(0, given.length))
          }
        })
      }),
      { numRuns: 200 },
    )
  })
})
