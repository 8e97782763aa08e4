import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { run } from './command.ts'
import type { Report } from './engine.ts'
import { enginesFolder } from './folders.ts'

export interface InstallPlan {
  /** The folder's name below the engines folder. */
  readonly name: string
  /** Everything that identifies an installation: versions, file contents. */
  readonly recipe: readonly string[]
  /** Installs into the folder, which is empty. */
  readonly fill: (folder: string) => Promise<void>
}

/** The folder of the plan, installed or not. */
export const folderOf = (name: string): string => join(enginesFolder(), name)

/**
 * Installs once. A stamp, written last, names the recipe of the folder. A partial folder, or one from another recipe,
 * is installed again. Two processes that install the same engine take turns.
 */
export async function installOnce(plan: InstallPlan, report: Report = () => {}): Promise<string> {
  const folder = folderOf(plan.name)
  const stamp = createHash('sha256').update(JSON.stringify(plan.recipe)).digest('hex')
  const stampFile = join(folder, 'installed')
  const isInstalled = async () => (await readFile(stampFile, 'utf8').catch(() => '')) === stamp
  if (await isInstalled()) return folder
  const release = await lock(`${folder}.lock`)
  try {
    if (await isInstalled()) return folder
    report(`installing ${plan.name} into ${folder}`)
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true })
    await plan.fill(folder)
    await writeFile(stampFile, stamp)
  } finally {
    await release()
  }
  return folder
}

/** A virtual environment with these packages; resolves with its Python. */
export async function makeVirtualEnvironment(
  python: string,
  folder: string,
  packages: readonly string[],
): Promise<string> {
  await run(python, ['-m', 'venv', folder])
  const inside = join(folder, 'bin', 'python')
  await run(inside, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages])
  return inside
}

/** Takes the lock file and waits while its owner lives. Resolves with the release function. */
async function lock(file: string): Promise<() => Promise<void>> {
  await mkdir(join(file, '..'), { recursive: true })
  for (;;) {
    try {
      const handle = await open(file, 'wx')
      await handle.writeFile(String(process.pid))
      await handle.close()
      return () => rm(file, { force: true })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
      const owner = Number(await readFile(file, 'utf8').catch(() => ''))
      if (owner > 0 && !isAlive(owner)) await rm(file, { force: true })
      else await sleep(500)
    }
  }
}

/** Whether a process with this id exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
