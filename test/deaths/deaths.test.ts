import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, it } from 'vitest'
import { Closing } from '../../shared/local/closing.ts'
import { startContainers } from './containers.ts'
import { startFunctions } from './functions.ts'
import { playDeaths } from './play-deaths.ts'

const count = Number(process.env.DEATHS_TASKS ?? 10_000)
const seed = process.env.DEATHS_SEED ?? String(Date.now())

let closing: Closing
let folder: string
const prepare = () => {
  closing = new Closing()
  folder = mkdtempSync(join(tmpdir(), 'celeriac-deaths-'))
  return { closing, folder }
}
afterEach(async () => {
  await closing.close()
  rmSync(folder, { recursive: true, force: true })
})

it(`${count} tasks survive the deaths of workers, servers and their producer (seed ${seed})`, () =>
  playDeaths({ ...prepare(), count, seed, killEveryMs: 1_000, startWorkers: startFunctions }))

// Theirs take a minute to be found, and run one by one: fewer of them.
it(`${count / 5} tasks survive the deaths of containers, servers and their producer (seed ${seed})`, () =>
  playDeaths({ ...prepare(), count: count / 5, seed, killEveryMs: 1_500, startWorkers: startContainers }))
