import { describe, expect, it } from 'vitest'
import type { TaskRecord } from '../../shared/core/record.ts'
import { seededRandom } from '../../shared/memory/seeded-random.ts'
import { VirtualClock } from '../../shared/memory/virtual-clock.ts'
import type { Inputs, RecordChange, Records, WriteAnswer } from '../../shared/ports/index.ts'
import { CertainLedger } from '../../shared/protocol/certain-ledger.ts'

const recordOf = (id: string, v: number, token: string) => ({ id, v, token }) as TaskRecord

const claimOf = (id: string): RecordChange => ({
  id,
  v: 1,
  transition: true,
  queue: 'main',
  set: { state: 'STARTED', token: `token of ${id}` },
})

/** Changes these records through a ledger that answers what it is told to, one list a request, and reads what it is told to. */
async function changeOf(
  ids: readonly string[],
  answers: readonly (readonly WriteAnswer[])[],
  found: Readonly<Record<string, TaskRecord>> = {},
) {
  const clock = new VirtualClock()
  const asked: string[] = []
  let requests = 0
  const records = {
    update: async (changes: readonly RecordChange[]) => {
      asked.push(`update ${changes.map(({ id }) => id).join(' ')}`)
      return answers[requests++] ?? []
    },
    read: async (read: readonly string[]) => {
      asked.push(`read ${read.join(' ')}`)
      return read.map((id) => found[id])
    },
  } as unknown as Records
  const certain = new CertainLedger({ records, inputs: {} as Inputs, clock, random: seededRandom(1) })
  const outcomes = await clock.runUntilSettled(certain.change(ids.map(claimOf)))
  return { asked, outcomes: outcomes.map(({ status }) => status) }
}

describe('a certain ledger', () => {
  it('asks once, and looks at nothing again, when all of it was done', async () => {
    const done: WriteAnswer = { status: 'done', record: recordOf('a', 2, 'token of a') }
    expect(await changeOf(['a', 'b'], [[done, done]])).toEqual({ asked: ['update a b'], outcomes: ['done', 'done'] })
  })

  it('asks nothing for nothing', async () => {
    expect(await changeOf([], [])).toEqual({ asked: [], outcomes: [] })
  })

  it('looks at what was not answered for: a ledger that says nothing has not said that it was done', async () => {
    const found = { a: recordOf('a', 2, 'token of a'), b: recordOf('b', 2, 'of another') }
    expect(await changeOf(['a', 'b'], [[]], found)).toEqual({
      asked: ['update a b', 'read a b'],
      outcomes: ['done', 'lost'],
    })
    const done: WriteAnswer = { status: 'done', record: found.a }
    expect(await changeOf(['a', 'b'], [[done]], found)).toEqual({
      asked: ['update a b', 'read b'],
      outcomes: ['done', 'lost'],
    })
  })

  it('asks again for what was throttled, and for nothing else', async () => {
    const done: WriteAnswer = { status: 'done', record: recordOf('a', 2, 'token of a') }
    expect(await changeOf(['a', 'b'], [[done, { status: 'throttled' }], [done]])).toEqual({
      asked: ['update a b', 'update b'],
      outcomes: ['done', 'done'],
    })
  })
})
