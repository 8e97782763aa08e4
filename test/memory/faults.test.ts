import { describe, expect, it } from 'vitest'
import {
  type Decide,
  type Fault,
  faulty,
  InjectedFaultError,
  wholeCalls,
  withFaults,
} from '../../shared/memory/faults.ts'
import { createMemoryTable } from '../../shared/memory/table.ts'
import { VirtualClock } from '../../shared/memory/virtual-clock.ts'
import { type OutgoingMessage, type Ports, type Queues, servicePorts } from '../../shared/ports/index.ts'
import { countsFor } from '../contract/statistics-suite.ts'
import { claim, newRecord } from '../contract/table-place.ts'

const start = Date.UTC(2026, 0, 1)
const consistent = { consistent: true } as const

function tableWith(decide: Decide) {
  const clock = new VirtualClock(start)
  const sound = createMemoryTable({ clock })
  return { clock, sound, table: withFaults({ ...sound, clock } as unknown as Ports, decide) }
}

/** A queues that keeps what reached it. */
function queuesWith(decide: Decide) {
  const clock = new VirtualClock(start)
  const sent: OutgoingMessage[] = []
  const acknowledged: string[] = []
  let received = 0
  const sound: Queues = {
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
  return {
    clock,
    sent,
    acknowledged,
    received: () => received,
    queues: faulty(servicePorts.queues, sound, { clock, decide }),
  }
}

describe('faults of writes, entry by entry', () => {
  const faults: readonly Fault['type'][] = ['throttled', 'request-lost', 'answer-lost', 'repeated', 'delayed']
  /** The entry's own fault is its index: one call has all of them. */
  const byIndex: Decide = ({ index }) => (faults[index] === undefined ? undefined : { type: faults[index] })

  it('insert', async () => {
    const { sound, table } = tableWith(byIndex)
    const records = Array.from({ length: 6 }, () => newRecord(start))
    const answers = await table.records.insert(records.map((record) => ({ record })))
    expect(answers.map(({ status }) => status)).toEqual(['throttled', 'unknown', 'unknown', 'refused', 'done', 'done'])
    const found = await sound.records.read(
      records.map(({ id }) => id),
      consistent,
    )
    expect(found.map((record) => record !== undefined)).toEqual([false, false, true, true, true, true])
  })

  it('update', async () => {
    const { sound, table } = tableWith((call) => (call.method === 'update' ? byIndex(call) : undefined))
    const records = Array.from({ length: 6 }, () => newRecord(start))
    await table.records.insert(records.map((record) => ({ record })))
    const answers = await table.records.update(records.map((record) => claim(record)))
    expect(answers.map(({ status }) => status)).toEqual(['throttled', 'unknown', 'unknown', 'refused', 'done', 'done'])
    expect(sound.records.all().map(({ v }) => v)).toEqual([1, 1, 2, 2, 2, 2])
  })

  it('send and acknowledge', async () => {
    const { queues, sent, acknowledged } = queuesWith(byIndex)
    const bodies = ['0', '1', '2', '3', '4', '5']
    const answers = await queues.send(
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
    expect(await queues.acknowledge('q', bodies)).toEqual([false, false, false, true, true, true])
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
      const { table } = tableWith(of('read', type))
      await expect(table.records.read(['a'], consistent)).rejects.toThrow(InjectedFaultError)
      await expect(table.records.read(['a'], consistent)).rejects.toThrow(`records.read: ${type}`)
    }
    const { table } = tableWith(of('read', 'repeated'))
    expect(await table.records.read(['a'], consistent)).toEqual([undefined])
  })

  it('a receive whose answer is lost has taken messages; one that never arrived has not', async () => {
    const lost = queuesWith(of('receive', 'answer-lost'))
    await expect(lost.queues.receive('q', { max: 1, waitSeconds: 0 })).rejects.toThrow(InjectedFaultError)
    expect(lost.received()).toBe(1)
    const never = queuesWith(of('receive', 'request-lost'))
    await expect(never.queues.receive('q', { max: 1, waitSeconds: 0 })).rejects.toThrow(InjectedFaultError)
    expect(never.received()).toBe(0)
  })

  it('inputs are written one by one, and the call throws', async () => {
    const { sound, table } = tableWith(({ method, index }) =>
      method === 'write' && index === 1 ? { type: 'request-lost' } : undefined,
    )
    const items = ['a', 'b', 'c'].map((id) => ({ id, ref: 'r', body: id, expiresAt: 1 }))
    await expect(table.inputs.write(items)).rejects.toThrow(InjectedFaultError)
    expect(await sound.inputs.read(items)).toEqual(['a', undefined, 'c'])
  })

  it('counting never throws, and counts twice when repeated', async () => {
    const delta = { queue: 'q', at: start, names: ['t'], shards: 1, counts: countsFor('t', { succeeded: 1 }) }
    for (const [type, counted] of [
      ['request-lost', undefined],
      ['answer-lost', 1],
      ['repeated', 2],
    ] as const) {
      const { sound, table } = tableWith(of('add', type))
      await table.statistics.add([delta])
      expect((await sound.statistics.sum({ queue: 'q', from: start, to: start + 1 })).tasks.t?.succeeded).toBe(counted)
    }
  })
})

describe('what decides', () => {
  it('is asked once for each entry, with its place', async () => {
    const asked: string[] = []
    const { table } = tableWith((call) => {
      asked.push(`${call.port}.${call.method} ${call.call}/${call.index}`)
      if (call.method === 'update') expect(call.entry.set.state).toBe('STARTED')
      return undefined
    })
    const records = [newRecord(start), newRecord(start)]
    await table.records.insert(records.map((record) => ({ record })))
    await table.records.update([claim(newRecord(start))])
    await table.records.insert([{ record: newRecord(start) }])
    await table.controls.read('q')
    expect(asked).toEqual([
      'records.insert 0/0',
      'records.insert 0/1',
      'records.update 0/0',
      'records.insert 1/0',
      'controls.read 0/0',
    ])
  })

  it('knows the queue of a call of the queues', async () => {
    const asked: string[] = []
    const { queues } = queuesWith((call) => {
      if (call.port === 'queues' && call.queue !== undefined) asked.push(call.queue)
      return undefined
    })
    await queues.send('emails', [{ body: '1' }])
    await queues.depth('video')
    expect(asked).toEqual(['emails', 'video'])
  })

  it('may decide for whole calls', async () => {
    let decisions = 0
    const { table } = tableWith(
      wholeCalls(({ call }) => {
        decisions += 1
        return call === 1 ? { type: 'throttled' } : undefined
      }),
    )
    const insert = async () => {
      const entries = [1, 2, 3].map(() => ({ record: newRecord(start) }))
      return (await table.records.insert(entries)).map(({ status }) => status)
    }
    expect(await insert()).toEqual(['done', 'done', 'done'])
    expect(await insert()).toEqual(['throttled', 'throttled', 'throttled'])
    expect(await insert()).toEqual(['done', 'done', 'done'])
    expect(decisions).toBe(3)
  })

  it('fails the call when it throws', async () => {
    const { table } = tableWith(() => {
      throw new Error('a wrong expectation')
    })
    await expect(
      table.statistics.add([{ queue: 'q', at: start, names: ['t'], shards: 1, counts: countsFor('t', { failed: 1 }) }]),
    ).rejects.toThrow('a wrong expectation')
  })
})

describe('delays', () => {
  it('before and after the effect, on the clock', async () => {
    const { clock, sound, table } = tableWith(({ index }) => ({
      type: 'delayed',
      delayMs: 100 * index,
      answerDelayMs: 50,
    }))
    const records = [newRecord(start), newRecord(start)]
    const answer = table.records.insert(records.map((record) => ({ record })))
    await clock.advance(99)
    expect(sound.records.all()).toHaveLength(0)
    await clock.advance(1)
    expect(sound.records.all()).toHaveLength(2)
    await clock.runUntilSettled(answer)
    expect(clock.now()).toBe(start + 150)
  })

  it('without end: the effect is there, the answer never comes', async () => {
    const { clock, sound, table } = tableWith(() => ({
      type: 'answer-lost',
      answerDelayMs: Number.POSITIVE_INFINITY,
    }))
    const answer = table.records.insert([{ record: newRecord(start) }])
    await expect(clock.runUntilSettled(answer)).rejects.toThrow(/pending/)
    expect(sound.records.all()).toHaveLength(1)
  })
})
