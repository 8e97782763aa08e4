import { describe, expect, it } from 'vitest'
import {
  type Decide,
  type Fault,
  faultyBroker,
  faultyLedger,
  InjectedFaultError,
  wholeCalls,
} from '../../shared/memory/faults.ts'
import { createMemoryLedger } from '../../shared/memory/ledger.ts'
import { VirtualClock } from '../../shared/memory/virtual-clock.ts'
import type { Broker, OutgoingMessage } from '../../shared/ports/index.ts'
import { claim, newRecord } from '../contract/ledger.ts'

const start = Date.UTC(2026, 0, 1)
const consistent = { consistent: true } as const

function ledgerWith(decide: Decide) {
  const clock = new VirtualClock(start)
  const sound = createMemoryLedger({ clock })
  return { clock, sound, ledger: faultyLedger(sound, { clock, decide }) }
}

/** A broker that keeps what reached it. */
function brokerWith(decide: Decide) {
  const clock = new VirtualClock(start)
  const sent: OutgoingMessage[] = []
  const acknowledged: string[] = []
  let received = 0
  const sound: Broker = {
    async send(_queue, messages) {
      sent.push(...messages)
      return messages.map(({ body }) => ({ status: 'sent', messageId: body }))
    },
    async sendDead(queue, messages) {
      return this.send(queue, messages)
    },
    hide: async (_queue, requests) => requests.map(() => true),
    async receive() {
      received += 1
      return []
    },
    async acknowledge(_queue, receipts) {
      acknowledged.push(...receipts)
      return receipts.map(() => true)
    },
    depth: async () => ({ waiting: 1, inFlight: 0, delayed: 0, dead: 0 }),
  }
  return { clock, sent, acknowledged, received: () => received, broker: faultyBroker(sound, { clock, decide }) }
}

describe('faults of writes, entry by entry', () => {
  const faults: readonly Fault['type'][] = ['throttled', 'request-lost', 'answer-lost', 'repeated', 'delayed']
  /** The entry's own fault is its index: one call has all of them. */
  const byIndex: Decide = ({ index }) => (faults[index] === undefined ? undefined : { type: faults[index] })

  it('insert', async () => {
    const { sound, ledger } = ledgerWith(byIndex)
    const records = Array.from({ length: 6 }, () => newRecord(start))
    const answers = await ledger.insert(records.map((record) => ({ record })))
    expect(answers.map(({ status }) => status)).toEqual(['throttled', 'unknown', 'unknown', 'refused', 'done', 'done'])
    const found = await sound.read(
      records.map(({ id }) => id),
      consistent,
    )
    expect(found.map((record) => record !== undefined)).toEqual([false, false, true, true, true, true])
  })

  it('update', async () => {
    const { sound, ledger } = ledgerWith((call) => (call.method === 'update' ? byIndex(call) : undefined))
    const records = Array.from({ length: 6 }, () => newRecord(start))
    await ledger.insert(records.map((record) => ({ record })))
    const answers = await ledger.update(records.map((record) => claim(record)))
    expect(answers.map(({ status }) => status)).toEqual(['throttled', 'unknown', 'unknown', 'refused', 'done', 'done'])
    expect(sound.records().map(({ v }) => v)).toEqual([1, 1, 2, 2, 2, 2])
  })

  it('send and acknowledge', async () => {
    const { broker, sent, acknowledged } = brokerWith(byIndex)
    const bodies = ['0', '1', '2', '3', '4', '5']
    const answers = await broker.send(
      'q',
      bodies.map((body) => ({ body })),
    )
    expect(answers).toMatchObject([
      { status: 'failed', maybeSent: false },
      { status: 'failed', maybeSent: true },
      { status: 'failed', maybeSent: true },
      { status: 'sent' },
      { status: 'sent' },
      { status: 'sent' },
    ])
    expect(sent.map(({ body }) => body).sort()).toEqual(['2', '3', '3', '4', '5'])
    expect(await broker.acknowledge('q', bodies)).toEqual([false, false, false, true, true, true])
    expect(acknowledged.sort()).toEqual(['2', '3', '3', '4', '5'])
  })
})

describe('faults of calls that answer at once', () => {
  const of =
    (method: string, type: Fault['type']): Decide =>
    (call) =>
      call.method === method ? { type } : undefined

  it('a read throws, whichever way it got lost', async () => {
    for (const type of ['throttled', 'request-lost', 'answer-lost'] as const) {
      const { ledger } = ledgerWith(of('read', type))
      await expect(ledger.read(['a'], consistent)).rejects.toThrow(InjectedFaultError)
      await expect(ledger.read(['a'], consistent)).rejects.toThrow(`ledger.read: ${type}`)
    }
    const { ledger } = ledgerWith(of('read', 'repeated'))
    expect(await ledger.read(['a'], consistent)).toEqual([undefined])
  })

  it('a receive whose answer is lost has taken messages; one that never arrived has not', async () => {
    const lost = brokerWith(of('receive', 'answer-lost'))
    await expect(lost.broker.receive('q', { max: 1, waitSeconds: 0 })).rejects.toThrow(InjectedFaultError)
    expect(lost.received()).toBe(1)
    const never = brokerWith(of('receive', 'request-lost'))
    await expect(never.broker.receive('q', { max: 1, waitSeconds: 0 })).rejects.toThrow(InjectedFaultError)
    expect(never.received()).toBe(0)
  })

  it('inputs are written one by one, and the call throws', async () => {
    const { sound, ledger } = ledgerWith(({ method, index }) =>
      method === 'writeInputs' && index === 1 ? { type: 'request-lost' } : undefined,
    )
    const items = ['a', 'b', 'c'].map((id) => ({ id, ref: 'r', body: id, expiresAt: 1 }))
    await expect(ledger.writeInputs(items)).rejects.toThrow(InjectedFaultError)
    expect(await sound.readInputs(items)).toEqual(['a', undefined, 'c'])
  })

  it('counting never throws, and counts twice when repeated', async () => {
    const delta = { queue: 'q', at: start, counts: { succeeded: 1 } }
    for (const [type, counted] of [
      ['request-lost', undefined],
      ['answer-lost', 1],
      ['repeated', 2],
    ] as const) {
      const { sound, ledger } = ledgerWith(of('count', type))
      await ledger.count([delta])
      expect((await sound.statistics('q', start, start + 1)).succeeded).toBe(counted)
    }
  })
})

describe('what decides', () => {
  it('is asked once for each entry, with its place', async () => {
    const asked: string[] = []
    const { ledger } = ledgerWith((call) => {
      asked.push(`${call.port}.${call.method} ${call.call}/${call.index}`)
      if (call.method === 'update') expect(call.entry.set.state).toBe('STARTED')
      return undefined
    })
    const records = [newRecord(start), newRecord(start)]
    await ledger.insert(records.map((record) => ({ record })))
    await ledger.update([claim(newRecord(start))])
    await ledger.insert([{ record: newRecord(start) }])
    await ledger.readControl('q')
    expect(asked).toEqual([
      'ledger.insert 0/0',
      'ledger.insert 0/1',
      'ledger.update 0/0',
      'ledger.insert 1/0',
      'ledger.readControl 0/0',
    ])
  })

  it('knows the queue of a broker call', async () => {
    const queues: string[] = []
    const { broker } = brokerWith((call) => {
      if (call.port === 'broker') queues.push(call.queue)
      return undefined
    })
    await broker.send('emails', [{ body: '1' }])
    await broker.depth('video')
    expect(queues).toEqual(['emails', 'video'])
  })

  it('may decide for whole calls', async () => {
    let decisions = 0
    const { ledger } = ledgerWith(
      wholeCalls(({ call }) => {
        decisions += 1
        return call === 1 ? { type: 'throttled' } : undefined
      }),
    )
    const insert = async () => {
      const entries = [1, 2, 3].map(() => ({ record: newRecord(start) }))
      return (await ledger.insert(entries)).map(({ status }) => status)
    }
    expect(await insert()).toEqual(['done', 'done', 'done'])
    expect(await insert()).toEqual(['throttled', 'throttled', 'throttled'])
    expect(await insert()).toEqual(['done', 'done', 'done'])
    expect(decisions).toBe(3)
  })

  it('fails the call when it throws', async () => {
    const { ledger } = ledgerWith(() => {
      throw new Error('a wrong expectation')
    })
    await expect(ledger.count([{ queue: 'q', at: start, counts: { failed: 1 } }])).rejects.toThrow(
      'a wrong expectation',
    )
  })
})

describe('delays', () => {
  it('before and after the effect, on the clock', async () => {
    const { clock, sound, ledger } = ledgerWith(({ index }) => ({
      type: 'delayed',
      delayMs: 100 * index,
      answerDelayMs: 50,
    }))
    const records = [newRecord(start), newRecord(start)]
    const answer = ledger.insert(records.map((record) => ({ record })))
    await clock.advance(99)
    expect(sound.records()).toHaveLength(0)
    await clock.advance(1)
    expect(sound.records()).toHaveLength(2)
    await clock.runUntilSettled(answer)
    expect(clock.now()).toBe(start + 150)
  })

  it('without end: the effect is there, the answer never comes', async () => {
    const { clock, sound, ledger } = ledgerWith(() => ({
      type: 'answer-lost',
      answerDelayMs: Number.POSITIVE_INFINITY,
    }))
    const answer = ledger.insert([{ record: newRecord(start) }])
    await expect(clock.runUntilSettled(answer)).rejects.toThrow(/pending/)
    expect(sound.records()).toHaveLength(1)
  })
})
