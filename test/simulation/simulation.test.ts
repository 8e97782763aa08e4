import { describe, expect, it } from 'vitest'
import { shrink } from './shrink.ts'
import { type History, planOf, simulate } from './simulate.ts'
import { tell } from './tell.ts'

/** What the ordinary test run plays; `npm run simulate` plays as many as you like. */
const seconds = 12
const fewest = 20

describe('simulated histories', () => {
  it(`keep every guarantee, for ${seconds} seconds of seeds`, { timeout: 600_000 }, async () => {
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 0
    const from = Date.now()
    try {
      for (let seed = 1; seed <= fewest || Date.now() - from < seconds * 1_000; seed++) {
        const history = await simulate(planOf(String(seed)))
        if (history.violations.length === 0) continue
        throw new Error(
          `Seed ${seed}: ${tell(await shrink(history))}\nReplay: npm run simulate -- --seeds 1 --from ${seed}`,
        )
      }
    } finally {
      Error.stackTraceLimit = limit
    }
  })

  it('are the same from the same seed', async () => {
    const [first, second] = [await simulate(planOf('twice')), await simulate(planOf('twice'))]
    expect(journalOf(first)).toEqual(journalOf(second))
    expect(first.misfortunes).toEqual(second.misfortunes)
  })

  it('are the same when what went wrong is listed instead of drawn', async () => {
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
