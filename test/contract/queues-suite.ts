import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AppDefinition, defineApp } from '../../shared/core/app.ts'
import { UnknownQueueError } from '../../shared/core/errors.ts'
import type { Delivery, Queues, SendAnswer } from '../../shared/ports/index.ts'

/** A queues under test, with the queues of `contractApp` created. */
export interface QueuesPlace {
  readonly queues: Queues
  /** Lets so much time pass. */
  pass(ms: number): Promise<void>
  stop(): Promise<void>
}

/** One queue a case, so that none finds another's messages. */
const routes = [
  'send',
  'many',
  'sizes',
  'refused',
  'delay',
  'hide',
  'hidden',
  'wait',
  'abort',
  'acknowledge',
  'dead',
  'depth',
  'characters',
  'missing',
] as const

type Route = (typeof routes)[number]

/** The app whose queues a place creates, all but `missing`. */
export function contractApp(name = 'contract'): AppDefinition {
  const existing = routes.filter((route) => route !== 'missing')
  return defineApp({ name, queues: Object.fromEntries(existing.map((route) => [route, {}])) })
}

/** What callers of the Queues port may rely on. */
export function queuesContract(name: string, open: () => Promise<QueuesPlace>): void {
  describe(`Queues contract: ${name}`, () => {
    let place: QueuesPlace
    let queues: Queues
    beforeAll(async () => {
      place = await open()
      queues = place.queues
    })
    afterAll(() => place.stop())

    const receiveAll = async (route: Route, count: number, dead = false): Promise<Delivery[]> => {
      const deliveries: Delivery[] = []
      for (let round = 0; deliveries.length < count && round < 100; round++) {
        deliveries.push(...(await queues.receive(route, { max: 10, waitSeconds: 0, dead })))
      }
      return deliveries
    }
    const isSent = (answer: SendAnswer | undefined) => answer?.status === 'sent'

    it('delivers what was sent, as it was sent', async () => {
      const [answer] = await queues.send('send', [{ body: '{"a":1}', attributes: { task: 'emails.send' } }])
      expect(answer).toMatchObject({ status: 'sent', messageId: expect.stringMatching(/.+/) })
      const [delivery] = await queues.receive('send', { max: 1, waitSeconds: 1 })
      expect(delivery).toMatchObject({
        messageId: answer?.status === 'sent' ? answer.messageId : '',
        body: '{"a":1}',
        receiveCount: 1,
        attributes: { task: 'emails.send' },
      })
      expect(delivery?.sentAt).toBeGreaterThan(1_600_000_000_000)
      expect(delivery?.firstReceivedAt).toBeGreaterThanOrEqual(delivery?.sentAt ?? Number.NaN)
    })

    it('takes batches of any size and answers in the order of the entries', async () => {
      const messages = Array.from({ length: 37 }, (_, index) => ({ body: `m${index}` }))
      const answers = await queues.send('many', messages)
      expect(answers.map(isSent)).toEqual(messages.map(() => true))
      const deliveries = await receiveAll('many', messages.length)
      const byId = new Map(deliveries.map(({ messageId, body }) => [messageId, body]))
      expect(answers.map((answer) => byId.get(answer.status === 'sent' ? answer.messageId : ''))).toEqual(
        messages.map(({ body }) => body),
      )
      expect(
        await queues.acknowledge(
          'many',
          deliveries.map(({ receipt }) => receipt),
        ),
      ).toEqual(messages.map(() => true))
    })

    it('answers an empty batch with nothing', async () => {
      expect(await queues.send('send', [])).toEqual([])
      expect(await queues.hide('send', [])).toEqual([])
      expect(await queues.acknowledge('send', [])).toEqual([])
    })

    it('packs by bytes: ten messages of 250 KB go out', async () => {
      const messages = Array.from({ length: 10 }, (_, index) => ({ body: String(index).repeat(250_000) }))
      const answers = await queues.send('sizes', messages)
      expect(answers.map(isSent)).toEqual(messages.map(() => true))
      const bodies = (await receiveAll('sizes', 10)).map(({ body }) => `${body[0]}${body.length}`)
      expect(bodies.sort()).toEqual(messages.map((_, index) => `${index}250000`))
    })

    it('refuses one message for certain and sends its neighbours', async () => {
      const answers = await queues.send('refused', [
        { body: 'before' },
        { body: 'x'.repeat(1_048_577) },
        { body: 'a character that SQS refuses: \u0000' },
        { body: 'after' },
      ])
      expect(answers.map(({ status }) => status)).toEqual(['sent', 'failed', 'failed', 'sent'])
      for (const answer of answers) {
        if (answer.status === 'failed') expect(answer).toMatchObject({ maybeSent: false, error: expect.any(Error) })
      }
      expect((await receiveAll('refused', 2)).map(({ body }) => body).sort()).toEqual(['after', 'before'])
    })

    it('carries every character that SQS accepts', async () => {
      const body = 'håå®ƒ valmuefrø \t\r\n 日本語 😀 \uD7FF\uE000\uFFFD'
      expect((await queues.send('characters', [{ body }])).map(isSent)).toEqual([true])
      expect((await receiveAll('characters', 1))[0]?.body).toBe(body)
    })

    it('delays a message for whole seconds', async () => {
      await queues.send('delay', [{ body: 'late', delaySeconds: 2 }])
      expect(await queues.receive('delay', { max: 10, waitSeconds: 0 })).toEqual([])
      expect((await queues.depth('delay')).delayed).toBe(1)
      await place.pass(2_100)
      expect((await queues.receive('delay', { max: 10, waitSeconds: 1 })).map(({ body }) => body)).toEqual(['late'])
    })

    it('hides a received message from now on, and counts its receives', async () => {
      await queues.send('hide', [{ body: 'hidden' }])
      const [first] = await receiveAll('hide', 1)
      const receipt = first?.receipt ?? ''
      expect(
        await queues.hide('hide', [
          { receipt, delaySeconds: 2 },
          { receipt: 'no receipt', delaySeconds: 1 },
        ]),
      ).toEqual([true, false])
      expect(await queues.receive('hide', { max: 10, waitSeconds: 0 })).toEqual([])
      await place.pass(2_100)
      const [second] = await queues.receive('hide', { max: 10, waitSeconds: 1 })
      expect(second).toMatchObject({ messageId: first?.messageId, receiveCount: 2, sentAt: first?.sentAt })
      expect(second?.firstReceivedAt).toBe(first?.firstReceivedAt)
    })

    it('hides what it receives for as long as it is told to', async () => {
      await queues.send('hidden', [{ body: 'soon again' }])
      const how = { max: 10, waitSeconds: 0 }
      const [first] = await queues.receive('hidden', { ...how, waitSeconds: 1, hideSeconds: 2 })
      expect(await queues.receive('hidden', how)).toEqual([])
      await place.pass(2_100)
      const [second] = await queues.receive('hidden', { ...how, waitSeconds: 1 })
      expect(second).toMatchObject({ messageId: first?.messageId, receiveCount: 2 })
    })

    it('shows a dead letter that was looked at again at once', async () => {
      await queues.sendDead('hidden', [{ body: 'dead' }])
      const how = { max: 10, waitSeconds: 1, hideSeconds: 30, dead: true }
      const [first] = await queues.receive('hidden', how)
      expect(await queues.hide('hidden', [{ receipt: first?.receipt ?? '', delaySeconds: 0 }], { dead: true })).toEqual(
        [true],
      )
      const [second] = await queues.receive('hidden', how)
      expect(second).toMatchObject({ messageId: first?.messageId, body: 'dead' })
    })

    it('waits for a message that comes while it waits', async () => {
      const waiting = queues.receive('wait', { max: 10, waitSeconds: 20 })
      await queues.send('wait', [{ body: 'came' }])
      expect((await waiting).map(({ body }) => body)).toEqual(['came'])
    })

    it('gives nothing when a wait is aborted, and loses no message', async () => {
      const stop = new AbortController()
      const waiting = queues.receive('abort', { max: 10, waitSeconds: 20, signal: stop.signal })
      await place.pass(50)
      stop.abort()
      expect(await waiting).toEqual([])
      expect(await queues.receive('abort', { max: 1, waitSeconds: 20, signal: stop.signal })).toEqual([])
      await place.pass(50)
      await queues.send('abort', [{ body: 'kept' }])
      expect((await queues.receive('abort', { max: 10, waitSeconds: 1 })).map(({ body }) => body)).toEqual(['kept'])
    })

    it('acknowledges: what is deleted does not come again', async () => {
      await queues.send('acknowledge', [{ body: 'one' }, { body: 'two' }])
      const deliveries = await receiveAll('acknowledge', 2)
      const receipts = deliveries.map(({ receipt }) => receipt)
      expect(await queues.acknowledge('acknowledge', [...receipts, 'no receipt'])).toEqual([true, true, false])
      expect(await queues.depth('acknowledge')).toEqual({ waiting: 0, inFlight: 0, delayed: 0, dead: 0 })
    })

    it('keeps dead letters apart from the queue', async () => {
      await queues.sendDead('dead', [{ body: 'letter', attributes: { reason: 'failure' } }])
      expect(await queues.receive('dead', { max: 10, waitSeconds: 0 })).toEqual([])
      expect(await queues.depth('dead')).toMatchObject({ waiting: 0, dead: 1 })
      const [letter] = await receiveAll('dead', 1, true)
      expect(letter).toMatchObject({ body: 'letter', attributes: { reason: 'failure' } })
      expect(await queues.acknowledge('dead', [letter?.receipt ?? ''], { dead: true })).toEqual([true])
      expect((await queues.depth('dead')).dead).toBe(0)
    })

    it('tells what waits, what is in flight and what is delayed', async () => {
      await queues.send('depth', [{ body: 'a' }, { body: 'b' }, { body: 'c', delaySeconds: 900 }])
      await queues.receive('depth', { max: 1, waitSeconds: 0 })
      expect(await queues.depth('depth')).toEqual({ waiting: 1, inFlight: 1, delayed: 1, dead: 0 })
    })

    it('throws for a queue that does not exist, whatever is asked of it', async () => {
      const answers = await Promise.allSettled([
        queues.send('missing', [{ body: 'x' }]),
        queues.sendDead('missing', [{ body: 'x' }]),
        queues.hide('missing', [{ receipt: 'r', delaySeconds: 1 }]),
        queues.acknowledge('missing', ['r']),
        queues.receive('missing', { max: 1, waitSeconds: 0 }),
        queues.depth('missing'),
      ])
      const reasons = answers.map((answer) => (answer.status === 'rejected' ? answer.reason : answer.value))
      for (const reason of reasons) expect(reason).toBeInstanceOf(UnknownQueueError)
    })
  })
}
