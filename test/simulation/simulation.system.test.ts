import { describe, expect, it } from 'vitest'
import { playOnCores } from './cores.ts'
import { expectToHold } from './hold.ts'
import type { Played } from './seeds.ts'

const seconds = 12
const fewest = 60

describe('simulated histories', () => {
  it(`keep every guarantee, for ${seconds} seconds of seeds`, { timeout: 600_000 }, () =>
    expectToHold({ seeds: fewest, seconds }),
  )

  it('are the same on several cores', { timeout: 60_000 }, async () => {
    const play = async (cores: number) => {
      const played: Played[] = []
      const seeds = { from: 1, step: 1, count: 7, until: Number.POSITIVE_INFINITY }
      const { hits } = await playOnCores(cores, seeds, (each) => played.push(each) > 0)
      return { played: played.sort((a, b) => a.seed - b.seed), hits }
    }
    const onOne = await play(1)
    expect(onOne.played.map(({ seed }) => seed)).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(await play(2)).toEqual(onOne)
  })

  it('end on several cores when they are told to', { timeout: 60_000 }, async () => {
    let played = 0
    const seeds = { from: 1, step: 1, count: Number.POSITIVE_INFINITY, until: Number.POSITIVE_INFINITY }
    await playOnCores(2, seeds, () => ++played < 3)
    expect(played).toBeGreaterThanOrEqual(3)
  })
})
