import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundleInto, nodeFlags } from './bundle.ts'
import { Coverage, type Hits } from './coverage.ts'
import type { Played, Seeds } from './seeds.ts'

/** What a player says: what came of a seed, and at its end what its seeds have hit. */
export type Word = { readonly played: Played } | { readonly hits: Hits }

/**
 * Plays seeds on so many cores, a process for each: which seeds are played does not depend on their number, as long as only that ends them.
 *
 * @param tell hears of each seed as it ends, and says whether to go on
 * @throws {Error} when a process ends before its seeds do; the others are stopped
 */
export async function playOnCores(cores: number, seeds: Seeds, tell: (played: Played) => boolean): Promise<Coverage> {
  const folder = await mkdtemp(join(tmpdir(), 'celeriac-simulation-'))
  try {
    return await play(await bundleInto(folder, new URL('./player.ts', import.meta.url)), cores, seeds, tell)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function play(player: string, cores: number, seeds: Seeds, tell: (played: Played) => boolean): Promise<Coverage> {
  const coverage = new Coverage()
  const players: ChildProcess[] = []
  let stopped = false
  const stop = (): void => {
    if (stopped) return
    stopped = true
    // One that has ended meanwhile need not hear of it.
    for (const player of players) player.send('stop', () => {})
  }
  let last: number | undefined
  for (let nth = 0; nth < cores; nth++) {
    const started = fork(player, {
      execArgv: nodeFlags,
      // JSON has no maps and no Infinity.
      serialization: 'advanced',
    })
    started.on('message', (word: Word) => {
      if ('hits' in word) coverage.add(word.hits)
      else {
        last = word.played.seed
        if (!tell(word.played)) stop()
      }
    })
    const share: Seeds = {
      ...seeds,
      from: seeds.from + nth * seeds.step,
      step: seeds.step * cores,
      count: Math.ceil((seeds.count - nth) / cores),
    }
    started.send(share)
    players.push(started)
  }
  const ends = players.map(async (player) => {
    // Its last words may be read after its exit is known: when its channel closes, all have been.
    await Promise.all([once(player, 'exit'), once(player, 'disconnect')])
    const { exitCode, signalCode } = player
    if (exitCode === 0) return
    stop()
    throw new Error(
      `A process that plays seeds ended with ${signalCode ?? exitCode}; the last seed told of was ${last}.`,
    )
  })
  const failure = (await Promise.allSettled(ends)).find((end) => end.status === 'rejected')
  if (failure !== undefined) throw failure.reason
  return coverage
}
