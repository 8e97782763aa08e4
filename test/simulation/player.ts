import type { Word } from './cores.ts'
import { playSeeds, type Seeds } from './seeds.ts'

/** A process of playOnCores(): is sent its seeds, then perhaps that it should stop. */
process.once('message', async (seeds: Seeds) => {
  let goesOn = true
  process.on('message', () => {
    goesOn = false
  })
  const coverage = await playSeeds(seeds, (played) => {
    process.send?.({ played } satisfies Word)
    return goesOn
  })
  process.send?.({ hits: coverage.hits } satisfies Word, () => process.disconnect())
})

// Ctrl-C is sent to the whole group. Whoever started this process says when to stop; without it there is nobody to play for.
process.on('SIGINT', () => {})
process.on('disconnect', () => process.exit())
