import { describe, expect, it } from 'vitest'
import { type SharedPlace, statuses, unique } from './table-place.ts'

/** What callers of the Inputs port may rely on. */
export function inputsContract(place: SharedPlace): void {
  const { fresh, readOne } = place

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
      expect(statuses(await place.ports.records.insert([{ record: fresh() }, entry, { record: fresh() }]))).toEqual([
        'done',
        'done',
        'done',
      ])
      const refs = [
        { id: record.id, ref: 'none' },
        { id: record.id, ref: 'r1' },
        { id: 'none', ref: 'r1' },
      ]
      expect(await place.ports.inputs.read(refs)).toEqual([undefined, body, undefined])
      expect(await readOne(record.id)).toEqual(record)
    })

    it('may be there already', async () => {
      const record = fresh({ inputRef: 'r1' })
      const inputItem = inputOf(record.id, 'r1')
      await place.ports.inputs.write([inputItem])
      expect(statuses(await place.ports.records.insert([{ record, inputItem }]))).toEqual(['done'])
      expect(await place.ports.inputs.read([inputItem])).toEqual([inputItem.body])
    })

    it('larger together than a request may be', async () => {
      const entries = Array.from({ length: 24 }, () => {
        const record = fresh({ inputRef: 'r1' })
        return { record, inputItem: inputOf(record.id, 'r1', JSON.stringify('x'.repeat(250_000))) }
      })
      expect(new Set(statuses(await place.ports.records.insert(entries)))).toEqual(new Set(['done']))
      const bodies = await place.ports.inputs.read(entries.map(({ inputItem }) => inputItem))
      expect(bodies.map((body) => body?.length)).toEqual(entries.map(() => 250_002))
    })

    it('can be written, written again and deleted, twice in a call too', async () => {
      const id = unique('task')
      const items = Array.from({ length: 30 }, (_, index) => inputOf(id, `r${index}`, `${index}`))
      await place.ports.inputs.write([...items, ...items.slice(0, 5)])
      await place.ports.inputs.write(items.slice(0, 3))
      expect(await place.ports.inputs.read(items)).toEqual(items.map(({ body }) => body))
      await place.ports.inputs.remove([...items.slice(1), ...items.slice(1, 3)])
      await place.ports.inputs.remove(items.slice(1))
      expect(await place.ports.inputs.read(items)).toEqual(['0', ...items.slice(1).map(() => undefined)])
    })
  })
}
