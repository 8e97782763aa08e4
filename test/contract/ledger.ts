import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TaskRecord } from '../../shared/core/record.ts'
import { hourMs } from '../../shared/core/table.ts'
import type {
  NewRecord,
  RecordChange,
  ServicePorts,
  TimePage,
  TimeQuery,
  WriteAnswer,
} from '../../shared/ports/index.ts'

export type TablePorts = Omit<ServicePorts, 'queues'>

/** A table under test. */
export interface LedgerPlace {
  readonly ports: TablePorts
  /** What it compares `expiresAt` with, epoch ms. */
  now(): number
  /** Moves that clock on. */
  pass(ms: number): void
  stop(): Promise<void>
}

let made = 0
const run = Date.now().toString(36)

/** Never the same twice, so that any table will do. */
export function unique(what: string): string {
  made += 1
  return `${what}-${run}-${process.pid}-${made}`
}

/** A record as enqueue writes it. */
export function newRecord(now: number, fields: Partial<TaskRecord> = {}): TaskRecord {
  return {
    id: unique('task'),
    v: 1,
    generation: 0,
    state: 'QUEUED',
    task: 'emails.send',
    queue: 'emails',
    input: '{"to":"ada@example.com"}',
    inputHash: 'hash',
    attempt: 0,
    token: unique('token'),
    enqueuedAt: now,
    ...fields,
  }
}

/** A claim of a record at version `v`, as a worker writes it. */
export function claim(record: TaskRecord, fields: RecordChange['set'] = {}): RecordChange {
  const { id, v, queue } = record
  return { id, v, queue, transition: true, set: { state: 'STARTED', token: unique('token'), startedAt: 7, ...fields } }
}

const statuses = (answers: readonly WriteAnswer[]) => answers.map(({ status }) => status)
const consistent = { consistent: true } as const

/** What callers of the Ledger port may rely on. */
export function ledgerContract(name: string, open: () => Promise<LedgerPlace>): void {
  describe(`Ledger contract: ${name}`, () => {
    let place: LedgerPlace
    let ports: TablePorts
    beforeAll(async () => {
      place = await open()
      ports = place.ports
    })
    afterAll(() => place?.stop())

    const fresh = (fields: Partial<TaskRecord> = {}) => newRecord(place.now(), fields)
    const inserted = async (fields: Partial<TaskRecord> = {}): Promise<TaskRecord> => {
      const record = fresh(fields)
      expect(statuses(await ports.records.insert([{ record }]))).toEqual(['done'])
      return record
    }
    const readOne = async (id: string) => (await ports.records.read([id], consistent))[0]

    describe('insert', () => {
      it('writes records whose ids are unused, and answers in order', async () => {
        const taken = await inserted()
        const [first, last] = [fresh(), fresh()]
        const entries: NewRecord[] = [{ record: first }, { record: { ...fresh(), id: taken.id } }, { record: last }]
        expect(statuses(await ports.records.insert(entries))).toEqual(['done', 'refused', 'done'])
        expect(await ports.records.read([first.id, taken.id, last.id], consistent)).toEqual([first, taken, last])
      })

      it('gives back every field as it was, and no other', async () => {
        const record: Required<TaskRecord> = {
          id: unique('task'),
          v: 3,
          generation: 2,
          state: 'RETRY',
          task: 'emails.send',
          queue: 'emails',
          input: '{"__proto__":{"":[]},"text":"quote \' \\" ? ; -- é 𝄞 \\ud800 \\u0000"}',
          inputRef: 'ref',
          inputHash: 'h',
          attempt: 0,
          alone: false,
          token: 't',
          leaseUntil: 1_767_225_600_001,
          handBacks: 1,
          enqueuedAt: place.now(),
          availableAt: 2,
          startedAt: 3,
          finishedAt: 4,
          expires: 5,
          keyUntil: 6,
          result: '',
          resultUntil: 7,
          error: '{"name":"E"}',
          attempts: '[]',
          progress: 'null',
          revokeRequestedAt: 8,
          reason: 'revoked',
          forgotten: true,
          root: 'root',
          parent: 'parent',
          envelope: '{}',
          expiresAt: Math.ceil(place.now() / 1_000) + 600,
        }
        await ports.records.insert([{ record }])
        expect(await readOne(record.id)).toEqual(record)
      })

      it('takes ids that look like its own keys and like query text', async () => {
        const ids = ['task#a', "a'b", 'a"b', 'a#input#b', '?', '__proto__', 'é𝄞', 'a,b'].map((id) => unique(id) + id)
        const records = ids.map((id) => fresh({ id }))
        expect(new Set(statuses(await ports.records.insert(records.map((record) => ({ record })))))).toEqual(
          new Set(['done']),
        )
        expect(await ports.records.read(ids, consistent)).toEqual(records)
      })

      it('takes more entries than fit a request', async () => {
        const records = Array.from({ length: 60 }, () => fresh())
        const again = { ...fresh(), id: records[33]?.id ?? '' }
        await ports.records.insert([{ record: again }])
        const answers = await ports.records.insert(records.map((record) => ({ record })))
        expect(statuses(answers)).toEqual(records.map((_, index) => (index === 33 ? 'refused' : 'done')))
        const found = await ports.records.read(
          records.map(({ id }) => id),
          consistent,
        )
        expect(found).toEqual(records.map((record, index) => (index === 33 ? again : record)))
      })

      it('refuses an id twice in one call', async () => {
        const record = fresh()
        await expect(ports.records.insert([{ record }, { record }])).rejects.toThrow(TypeError)
        expect(await readOne(record.id)).toBeUndefined()
      })

      it('says of a record that is too large that it never will be written, and writes its neighbours', async () => {
        const records = [fresh(), fresh({ input: JSON.stringify('x'.repeat(500_000)) }), fresh()]
        expect(statuses(await ports.records.insert(records.map((record) => ({ record }))))).toEqual([
          'done',
          'invalid',
          'done',
        ])
        expect(await readOne(records[1]?.id ?? '')).toBeUndefined()
        expect(await readOne(records[2]?.id ?? '')).toEqual(records[2])
      })

      it('takes nothing', async () => {
        expect(await ports.records.insert([])).toEqual([])
        expect(await ports.records.update([])).toEqual([])
        expect(await ports.records.read([], consistent)).toEqual([])
        expect(await ports.inputs.read([])).toEqual([])
        await ports.inputs.write([])
        await ports.inputs.remove([])
        await ports.statistics.add([])
      })

      it('gives an id free when its record has expired, whether or not it is still there', async () => {
        const expiresAt = Math.ceil(place.now() / 1_000) + 60
        const old = await inserted({ state: 'SUCCESS', expiresAt })
        const next = { ...fresh(), id: old.id }
        expect(statuses(await ports.records.insert([{ record: next }]))).toEqual(['refused'])
        place.pass(120_000)
        expect(await readOne(old.id)).toBeUndefined()
        const other = fresh()
        expect(statuses(await ports.records.insert([{ record: other }, { record: next }]))).toEqual(['done', 'done'])
        expect(await readOne(old.id)).toEqual(next)
      })
    })

    describe('inputs in items of their own', () => {
      const inputOf = (id: string, ref: string, body = '{"big":true}') => ({
        id,
        ref,
        body,
        expiresAt: Math.ceil(place.now() / 1_000) + 3_600,
      })

      it('are written with the record', async () => {
        const body = JSON.stringify('é'.repeat(100_000))
        const record = fresh({ inputRef: 'r1' })
        const entry = { record, inputItem: inputOf(record.id, 'r1', body) }
        expect(statuses(await ports.records.insert([{ record: fresh() }, entry, { record: fresh() }]))).toEqual([
          'done',
          'done',
          'done',
        ])
        const refs = [
          { id: record.id, ref: 'none' },
          { id: record.id, ref: 'r1' },
          { id: 'none', ref: 'r1' },
        ]
        expect(await ports.inputs.read(refs)).toEqual([undefined, body, undefined])
        expect(await readOne(record.id)).toEqual(record)
      })

      it('may be there already', async () => {
        const record = fresh({ inputRef: 'r1' })
        const inputItem = inputOf(record.id, 'r1')
        await ports.inputs.write([inputItem])
        expect(statuses(await ports.records.insert([{ record, inputItem }]))).toEqual(['done'])
        expect(await ports.inputs.read([inputItem])).toEqual([inputItem.body])
      })

      it('larger together than a request may be', async () => {
        const entries = Array.from({ length: 24 }, () => {
          const record = fresh({ inputRef: 'r1' })
          return { record, inputItem: inputOf(record.id, 'r1', JSON.stringify('x'.repeat(250_000))) }
        })
        expect(new Set(statuses(await ports.records.insert(entries)))).toEqual(new Set(['done']))
        const bodies = await ports.inputs.read(entries.map(({ inputItem }) => inputItem))
        expect(bodies.map((body) => body?.length)).toEqual(entries.map(() => 250_002))
      })

      it('can be written, written again and deleted, twice in a call too', async () => {
        const id = unique('task')
        const items = Array.from({ length: 30 }, (_, index) => inputOf(id, `r${index}`, `${index}`))
        await ports.inputs.write([...items, ...items.slice(0, 5)])
        await ports.inputs.write(items.slice(0, 3))
        expect(await ports.inputs.read(items)).toEqual(items.map(({ body }) => body))
        await ports.inputs.remove([...items.slice(1), ...items.slice(1, 3)])
        await ports.inputs.remove(items.slice(1))
        expect(await ports.inputs.read(items)).toEqual(['0', ...items.slice(1).map(() => undefined)])
      })
    })

    describe('update', () => {
      it('is applied at the version it names, raises it for a transition, and gives the record', async () => {
        const record = await inserted({ availableAt: 5, reason: 'why' })
        const change = {
          ...claim(record, { attempt: 1, alone: true }),
          remove: ['availableAt', 'reason', 'error'] as const,
        }
        const [answer] = await ports.records.update([change])
        const { availableAt: _, reason: __, ...rest } = record
        const expected = { ...rest, ...change.set, v: 2 }
        expect(answer).toEqual({ status: 'done', record: expected })
        expect(await readOne(record.id)).toEqual(expected)
      })

      it('leaves the version for what is no transition', async () => {
        const record = await inserted()
        const { id, v, queue } = record
        const change = { id, v, queue, transition: false, set: { progress: '1' } }
        expect(await ports.records.update([change])).toEqual([{ status: 'done', record: { ...record, progress: '1' } }])
        expect(await ports.records.update([{ ...change, set: {}, remove: ['progress'] }])).toEqual([
          { status: 'done', record },
        ])
        expect(await ports.records.update([{ ...change, set: {} }])).toEqual([{ status: 'done', record }])
      })

      it('removes what is both set and removed', async () => {
        const record = await inserted({ reason: 'why' })
        const change: RecordChange = { ...claim(record, { reason: 'other' }), remove: ['reason'] }
        const [answer] = await ports.records.update([change])
        expect(answer).toMatchObject({ status: 'done' })
        expect(await readOne(record.id)).not.toHaveProperty('reason')
      })

      it('is refused at any other version, and where there is no record', async () => {
        const record = await inserted()
        const answers = await ports.records.update([
          claim({ ...record, v: 2 }),
          claim(fresh()),
          claim(await inserted()),
          claim({ ...(await inserted()), v: 0 }),
        ])
        expect(statuses(answers)).toEqual(['refused', 'refused', 'done', 'refused'])
        expect(await readOne(record.id)).toEqual(record)
      })

      it('takes more changes than fit a request', async () => {
        const records = Array.from({ length: 60 }, () => fresh())
        await ports.records.insert(records.map((record) => ({ record })))
        const answers = await ports.records.update(
          records.map((record, index) => claim({ ...record, v: index % 7 === 0 ? 9 : 1 })),
        )
        expect(statuses(answers)).toEqual(records.map((_, index) => (index % 7 === 0 ? 'refused' : 'done')))
      })

      it('lets one of many at the same version win', async () => {
        const record = await inserted()
        const claims = Array.from({ length: 12 }, (_, index) => claim(record, { handBacks: index }))
        const answers = (await Promise.all(claims.map((each) => ports.records.update([each])))).flat()
        const winners = claims.filter((_, index) => answers[index]?.status === 'done')
        expect(winners).toHaveLength(1)
        expect(statuses(answers).filter((status) => status === 'refused')).toHaveLength(11)
        expect(await readOne(record.id)).toMatchObject({ v: 2, token: winners[0]?.set.token })
      })

      it('refuses an id twice in one call', async () => {
        const record = await inserted()
        await expect(ports.records.update([claim(record), claim(record)])).rejects.toThrow(TypeError)
        expect(await readOne(record.id)).toEqual(record)
      })

      it('says of a record that would be too large that it never will be, and changes its neighbours', async () => {
        const [one, two] = [await inserted(), await inserted()]
        const answers = await ports.records.update([
          claim(one, { result: JSON.stringify('x'.repeat(500_000)) }),
          claim(two),
        ])
        expect(statuses(answers)).toEqual(['invalid', 'done'])
        expect(await readOne(one.id)).toEqual(one)
      })
    })

    describe('read', () => {
      it('gives records in the order of the ids, however many, however often', async () => {
        const records = Array.from({ length: 230 }, () => fresh())
        await ports.records.insert(records.map((record) => ({ record })))
        const wanted = [...records.slice(100), undefined, ...records.slice(0, 100), records[7], records[7]]
        const found = await ports.records.read(
          wanted.map((record) => record?.id ?? unique('none')),
          consistent,
        )
        expect(found).toEqual(wanted)
      })

      it('hides what has expired', async () => {
        const nowSeconds = Math.floor(place.now() / 1_000)
        const record = await inserted({ state: 'SUCCESS', expiresAt: nowSeconds + 1_000 })
        place.pass(900_000)
        expect(await readOne(record.id)).toEqual(record)
        place.pass(101_000)
        expect(await readOne(record.id)).toBeUndefined()
        expect(await ports.records.read([record.id], { consistent: false })).toEqual([undefined])
      })
    })

    describe('lists', () => {
      /** All pages. A page may be empty and go on. */
      const walk = async (list: (query: TimeQuery) => Promise<TimePage>, query: TimeQuery): Promise<string[]> => {
        const ids: string[] = []
        let cursor: string | undefined
        for (let pages = 0; pages < 300; pages++) {
          const page: TimePage = await list({ ...query, ...(cursor !== undefined && { cursor }) })
          expect(page.ids.length).toBeLessThanOrEqual(query.limit)
          ids.push(...page.ids)
          cursor = page.cursor
          if (cursor === undefined) return ids
        }
        throw new Error('The list has no end.')
      }

      it.each([1, 7, 1_000])('records by the time of their enqueue, in pages of %i', async (limit) => {
        const queue = unique('q')
        const start = (Math.floor(place.now() / hourMs) - 6) * hourMs
        // Around the borders of hours, several at one instant, an hour without any.
        const offsets = [0, 1, 1, 1, 500, hourMs - 1, hourMs, 3 * hourMs + 5, 3 * hourMs + 6, 4 * hourMs]
        const records = offsets.flatMap((offset) => [
          fresh({ queue, enqueuedAt: start + offset }),
          fresh({ queue, enqueuedAt: start + offset }),
        ])
        await ports.records.insert([...records].reverse().map((record) => ({ record })))
        await inserted({ queue: `${queue}-other`, enqueuedAt: start })
        const list = (query: TimeQuery) => ports.records.listByTime(query)

        const all = await walk(list, { queue, from: start, to: start + 5 * hourMs, limit })
        expect([...all].sort()).toEqual(records.map(({ id }) => id).sort())
        const at = new Map(records.map(({ id, enqueuedAt }) => [id, enqueuedAt]))
        expect(all.map((id) => at.get(id))).toEqual(records.map(({ enqueuedAt }) => enqueuedAt))

        const some = await walk(list, { queue, from: start + 1, to: start + hourMs, limit })
        expect([...some].sort()).toEqual(
          records
            .filter(({ enqueuedAt }) => enqueuedAt > start && enqueuedAt < start + hourMs)
            .map(({ id }) => id)
            .sort(),
        )
        expect(await walk(list, { queue, from: start + 600, to: start + 700, limit })).toEqual([])
        expect(await walk(list, { queue, from: start + 700, to: start + 600, limit })).toEqual([])
      })

      it('a record enqueued anew at its new time only', async () => {
        const queue = unique('q')
        const start = place.now() - 3 * hourMs
        const record = await inserted({ queue, enqueuedAt: start, state: 'REVOKED' })
        await ports.records.update([
          {
            ...claim(record),
            set: { state: 'QUEUED', token: unique('t'), generation: 2, enqueuedAt: start + 2 * hourMs },
          },
        ])
        const query = { queue, limit: 10 }
        const list = (each: TimeQuery) => ports.records.listByTime(each)
        expect(await walk(list, { ...query, from: start, to: start + hourMs })).toEqual([])
        expect(await walk(list, { ...query, from: start + hourMs, to: start + 3 * hourMs })).toEqual([record.id])
      })

      it.each([1, 3, 1_000])('failures, newest first, in pages of %i', async (limit) => {
        const queue = unique('q')
        const first = place.now() - 60 * hourMs
        const records = Array.from({ length: 12 }, () => fresh({ queue, enqueuedAt: first }))
        await ports.records.insert(records.map((record) => ({ record })))
        const failed = records.slice(0, 10)
        await ports.records.update(
          failed.map((record, index) => claim(record, { state: 'FAILURE', finishedAt: first + index * 5 * hourMs })),
        )
        await ports.records.update(
          records.slice(10).map((record) => claim(record, { state: 'SUCCESS', finishedAt: first })),
        )
        const list = (query: TimeQuery) => ports.records.listFailures(query)
        const newestFirst = failed.map(({ id }) => id).reverse()
        const query = { queue, from: first, to: place.now(), limit }
        expect(await walk(list, query)).toEqual(newestFirst)
        expect(await walk(list, { ...query, to: first + 20 * hourMs })).toEqual(newestFirst.slice(6))
        expect(await walk(list, { ...query, from: first + 20 * hourMs })).toEqual(newestFirst.slice(0, 6))
      })

      it('failures until they are opened anew', async () => {
        const queue = unique('q')
        const record = await inserted({ queue })
        const query = { queue, from: place.now() - hourMs, to: place.now() + hourMs, limit: 10 }
        const list = (each: TimeQuery) => ports.records.listFailures(each)
        await ports.records.update([claim(record, { state: 'FAILURE', finishedAt: place.now() })])
        // What is no transition leaves it there.
        await ports.records.update([{ ...claim({ ...record, v: 2 }), transition: false, set: { forgotten: true } }])
        expect(await walk(list, query)).toEqual([record.id])
        await ports.records.update([claim({ ...record, v: 2 }, { state: 'QUEUED', generation: 1 })])
        expect(await walk(list, query)).toEqual([])
        await ports.records.update([claim({ ...record, v: 3 }, { state: 'FAILURE', finishedAt: place.now() })])
        expect(await walk(list, query)).toEqual([record.id])
      })

      it('a record that is a failure from the start', async () => {
        const queue = unique('q')
        const record = await inserted({ queue, state: 'FAILURE', finishedAt: place.now() })
        const query = { queue, from: place.now() - hourMs, to: place.now() + hourMs, limit: 10 }
        expect(await walk((each) => ports.records.listFailures(each), query)).toEqual([record.id])
      })
    })

    describe('statistics and control', () => {
      it('adds up by queue and hour', async () => {
        const queue = unique('q')
        const hour = Math.floor(place.now() / hourMs) * hourMs
        await ports.statistics.add([
          { queue, at: hour - 1, counts: { succeeded: 1, failed: 1 } },
          { queue, at: hour, counts: { succeeded: 10, runMs: 1_234, ignored: 0 } },
          { queue, at: hour + 1, counts: { succeeded: 100 } },
          { queue: `${queue}-other`, at: hour, counts: { succeeded: 1_000 } },
        ])
        await ports.statistics.add([{ queue, at: hour + hourMs - 1, counts: { succeeded: 10_000 } }])
        expect(await ports.statistics.sum({ queue, from: hour, to: hour + hourMs })).toMatchObject({
          succeeded: 10_110,
          runMs: 1_234,
        })
        // Hours that are touched count as a whole.
        expect(await ports.statistics.sum({ queue, from: hour - 1, to: hour })).toEqual({ succeeded: 1, failed: 1 })
        expect(await ports.statistics.sum({ queue, from: hour - hourMs, to: hour + 1 })).toMatchObject({
          succeeded: 10_111,
          failed: 1,
        })
        expect(await ports.statistics.sum({ queue, from: hour - 100 * hourMs, to: hour - 99 * hourMs })).toEqual({})
      })

      it('keeps a pause per queue until it is taken back', async () => {
        const queue = unique('q')
        expect(await ports.controls.read(queue)).toEqual({})
        await ports.controls.write(queue, { pausedAt: 1_767_225_600_000 })
        expect(await ports.controls.read(queue)).toEqual({ pausedAt: 1_767_225_600_000 })
        expect(await ports.controls.read(`${queue}-other`)).toEqual({})
        await ports.controls.write(queue, {})
        expect(await ports.controls.read(queue)).toEqual({})
      })
    })
  })
}
