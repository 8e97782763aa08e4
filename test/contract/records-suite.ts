import { describe, expect, it } from 'vitest'
import type { TaskRecord } from '../../shared/core/record.ts'
import type { NewRecord, RecordChange } from '../../shared/ports/index.ts'
import { claim, consistent, type SharedPlace, statuses, unique } from './table-place.ts'

/** What callers of the Records port may rely on, lists apart. */
export function recordsContract(place: SharedPlace): void {
  const { fresh, inserted, readOne } = place

  describe('insert', () => {
    it('writes records whose ids are unused, and answers in order', async () => {
      const taken = await inserted()
      const [first, last] = [fresh(), fresh()]
      const entries: NewRecord[] = [{ record: first }, { record: { ...fresh(), id: taken.id } }, { record: last }]
      expect(statuses(await place.ports.records.insert(entries))).toEqual(['done', 'refused', 'done'])
      expect(await place.ports.records.read([first.id, taken.id, last.id], consistent)).toEqual([first, taken, last])
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
        fingerprint: 'a0123456789ab',
        errorName: 'E',
        errorText: 'why',
        tenant: 'acme',
        tags: '|a|b|',
        by: '01234567',
        build: '2026-01',
        root: 'root',
        parent: 'parent',
        envelope: '{}',
        expiresAt: Math.ceil(place.now() / 1_000) + 600,
      }
      await place.ports.records.insert([{ record }])
      expect(await readOne(record.id)).toEqual(record)
    })

    it('takes ids that look like its own keys and like query text', async () => {
      const ids = ['task#a', "a'b", 'a"b', 'a#input#b', '?', '__proto__', 'é𝄞', 'a,b'].map((id) => unique(id) + id)
      const records = ids.map((id) => fresh({ id }))
      expect(new Set(statuses(await place.ports.records.insert(records.map((record) => ({ record })))))).toEqual(
        new Set(['done']),
      )
      expect(await place.ports.records.read(ids, consistent)).toEqual(records)
    })

    it('takes more entries than fit a request', async () => {
      const records = Array.from({ length: 60 }, () => fresh())
      const again = { ...fresh(), id: records[33]?.id ?? '' }
      await place.ports.records.insert([{ record: again }])
      const answers = await place.ports.records.insert(records.map((record) => ({ record })))
      expect(statuses(answers)).toEqual(records.map((_, index) => (index === 33 ? 'refused' : 'done')))
      const found = await place.ports.records.read(
        records.map(({ id }) => id),
        consistent,
      )
      expect(found).toEqual(records.map((record, index) => (index === 33 ? again : record)))
    })

    it('refuses an id twice in one call', async () => {
      const record = fresh()
      await expect(place.ports.records.insert([{ record }, { record }])).rejects.toThrow(TypeError)
      expect(await readOne(record.id)).toBeUndefined()
    })

    it('says of a record that is too large that it never will be written, and writes its neighbours', async () => {
      const records = [fresh(), fresh({ input: JSON.stringify('x'.repeat(500_000)) }), fresh()]
      expect(statuses(await place.ports.records.insert(records.map((record) => ({ record }))))).toEqual([
        'done',
        'invalid',
        'done',
      ])
      expect(await readOne(records[1]?.id ?? '')).toBeUndefined()
      expect(await readOne(records[2]?.id ?? '')).toEqual(records[2])
    })

    it('takes nothing', async () => {
      expect(await place.ports.records.insert([])).toEqual([])
      expect(await place.ports.records.update([])).toEqual([])
      expect(await place.ports.records.read([], consistent)).toEqual([])
      expect(await place.ports.inputs.read([])).toEqual([])
      await place.ports.inputs.write([])
      await place.ports.inputs.remove([])
      await place.ports.statistics.add([])
    })

    it('gives an id free when its record has expired, whether or not it is still there', async () => {
      const expiresAt = Math.ceil(place.now() / 1_000) + 60
      const old = await inserted({ state: 'SUCCESS', expiresAt })
      const next = { ...fresh(), id: old.id }
      expect(statuses(await place.ports.records.insert([{ record: next }]))).toEqual(['refused'])
      place.pass(120_000)
      expect(await readOne(old.id)).toBeUndefined()
      const other = fresh()
      expect(statuses(await place.ports.records.insert([{ record: other }, { record: next }]))).toEqual([
        'done',
        'done',
      ])
      expect(await readOne(old.id)).toEqual(next)
    })
  })

  describe('update', () => {
    it('is applied at the version it names, raises it for a transition, and gives the record', async () => {
      const record = await inserted({ availableAt: 5, reason: 'rejected' })
      const change = {
        ...claim(record, { attempt: 1, alone: true }),
        remove: ['availableAt', 'reason', 'error'] as const,
      }
      const [answer] = await place.ports.records.update([change])
      const { availableAt: _, reason: __, ...rest } = record
      const expected = { ...rest, ...change.set, v: 2 }
      expect(answer).toEqual({ status: 'done', record: expected })
      expect(await readOne(record.id)).toEqual(expected)
    })

    it('leaves the version for what is no transition', async () => {
      const record = await inserted()
      const { id, v, queue } = record
      const change = { id, v, queue, transition: false, set: { progress: '1' } }
      expect(await place.ports.records.update([change])).toEqual([
        { status: 'done', record: { ...record, progress: '1' } },
      ])
      expect(await place.ports.records.update([{ ...change, set: {}, remove: ['progress'] }])).toEqual([
        { status: 'done', record },
      ])
      expect(await place.ports.records.update([{ ...change, set: {} }])).toEqual([{ status: 'done', record }])
    })

    it('removes what is both set and removed', async () => {
      const record = await inserted({ reason: 'rejected' })
      const change: RecordChange = { ...claim(record, { reason: 'failure' }), remove: ['reason'] }
      const [answer] = await place.ports.records.update([change])
      expect(answer).toMatchObject({ status: 'done' })
      expect(await readOne(record.id)).not.toHaveProperty('reason')
    })

    it('is refused at any other version, and where there is no record', async () => {
      const record = await inserted()
      const answers = await place.ports.records.update([
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
      await place.ports.records.insert(records.map((record) => ({ record })))
      const answers = await place.ports.records.update(
        records.map((record, index) => claim({ ...record, v: index % 7 === 0 ? 9 : 1 })),
      )
      expect(statuses(answers)).toEqual(records.map((_, index) => (index % 7 === 0 ? 'refused' : 'done')))
    })

    it('lets one of many at the same version win', async () => {
      const record = await inserted()
      const claims = Array.from({ length: 12 }, (_, index) => claim(record, { handBacks: index }))
      const answers = (await Promise.all(claims.map((each) => place.ports.records.update([each])))).flat()
      const winners = claims.filter((_, index) => answers[index]?.status === 'done')
      expect(winners).toHaveLength(1)
      expect(statuses(answers).filter((status) => status === 'refused')).toHaveLength(11)
      expect(await readOne(record.id)).toMatchObject({ v: 2, token: winners[0]?.set.token })
    })

    it('refuses an id twice in one call', async () => {
      const record = await inserted()
      await expect(place.ports.records.update([claim(record), claim(record)])).rejects.toThrow(TypeError)
      expect(await readOne(record.id)).toEqual(record)
    })

    it('says of a record that would be too large that it never will be, and changes its neighbours', async () => {
      const [one, two] = [await inserted(), await inserted()]
      const answers = await place.ports.records.update([
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
      await place.ports.records.insert(records.map((record) => ({ record })))
      const wanted = [...records.slice(100), undefined, ...records.slice(0, 100), records[7], records[7]]
      const found = await place.ports.records.read(
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
      expect(await place.ports.records.read([record.id], { consistent: false })).toEqual([undefined])
    })
  })
}
