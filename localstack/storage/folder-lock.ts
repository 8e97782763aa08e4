import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Makes sure that one server at a time writes to a data folder, by a file with the holder's process id. The lock of a
 * process that is gone is taken over.
 *
 * @param file name of the lock's file
 * @returns the function that unlocks
 * @throws Error when another server holds it
 */
export function lockFolder(folder: string, file: string): () => void {
  const path = join(folder, file)
  const own = `${process.pid} ${startedAt(process.pid)}`
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      writeFileSync(path, own, { flag: 'wx' })
      return () => rmSync(path, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      const holder = readHolder(path)
      if (holder !== undefined && isAlive(holder)) {
        throw new Error(
          `the data folder ${folder} is in use by process ${holder.pid}: stop that server, or give this one another ` +
            `folder. (If no such server runs, remove ${path}.)`,
        )
      }
      rmSync(path, { force: true })
    }
  }
  throw new Error(`the data folder ${folder} could not be locked: another server is starting on it.`)
}

interface Holder {
  pid: number
  started: string
}

function readHolder(path: string): Holder | undefined {
  try {
    const [pid = '', started = ''] = readFileSync(path, 'utf8').split(' ')
    return /^\d+$/.test(pid) ? { pid: Number(pid), started } : undefined
  } catch {
    return undefined
  }
}

function isAlive({ pid, started }: Holder): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: somebody else's process, alive.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  // Process ids are used again, soon so in containers; with the start time they are unique.
  return started === startedAt(pid)
}

/** When a process started, in the kernel's ticks; 'ended' for one that is only waiting to be reaped; '?' elsewhere. */
function startedAt(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? 'ended' : (fields[19] ?? '?')
  } catch {
    return '?'
  }
}
