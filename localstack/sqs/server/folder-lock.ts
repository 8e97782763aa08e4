import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Ensures that only one server writes to a data folder. The lock is a file with the holder's process id. A lock of a
 * dead process is taken over. Returns the unlock function.
 */
export function lockFolder(folder: string): () => void {
  const path = join(folder, 'sqs.lock')
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
    // EPERM: the process is alive and belongs to another user.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  // Process ids are reused, quickly in containers. Together with the start time they are unique.
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
