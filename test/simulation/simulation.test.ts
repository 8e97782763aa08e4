import { describe, expect, it } from 'vitest'
import { expectToHold } from './hold.ts'
import { type History, planOf, simulate } from './simulate.ts'

/** What `npm test` plays. `npm run test:system` plays more, `npm run simulate` as many as you like. */
const seeds = 40

describe('simulated histories', () => {
  it(`keep every guarantee, for ${seeds} seeds`, { timeout: 120_000 }, () => expectToHold({ seeds }))

  it('are the same from the same seed', async () => {
    const [first, second] = [await simulate(planOf('twice')), await simulate(planOf('twice'))]
    expect(journalOf(first)).toEqual(journalOf(second))
    expect(first.misfortunes).toEqual(second.misfortunes)
  })

  it('are the same when what went wrong is listed instead of drawn', { timeout: 60_000 }, async () => {
    const drawn = await simulate(planOf('listed'))
    expect(drawn.misfortunes.length).toBeGreaterThan(5)
    const listed = await simulate({ ...drawn.plan, misfortunes: drawn.misfortunes })
    expect(journalOf(listed)).toEqual(journalOf(drawn))
  })
})

function journalOf({ journal }: History): unknown {
  return {
    changes: journal.changes.map(({ at, process, after }) => [at, process, after]),
    runs: journal.runs.map(({ at, id, attempt, process }) => [at, id, attempt, process]),
    letters: journal.letters,
  }
}
