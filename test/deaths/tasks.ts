import { openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { createApp } from 'celeriac'
import type { Line } from './effects.ts'

/** Each process writes into a file of its own in this folder. */
export const folderVariable = 'DEATHS_FOLDER'

export const app = createApp({ name: 'deaths', queues: { work: { timeout: '6s', concurrency: 4 } } })

/** Its effect is a line in a file. It may be killed before and after it. One of ten fails once, before its effect. */
export const effect = app.task(
  'effect',
  {
    queue: 'work',
    retry: { maxRetries: 20, delay: '500ms', maxDelay: '2s' },
    idempotencyKey: (n) => `task-${n}`,
  },
  async (n: number, { id, attempt }) => {
    const run = `${process.pid}-${runs++}`
    write({ what: 'start', id, attempt, run, pid: process.pid, at: Date.now() })
    await pause(30)
    if (n % 10 === 0 && attempt === 1) throw new Error('Its first attempt fails.')
    write({ what: 'effect', id, attempt, run, pid: process.pid, at: Date.now() })
    await pause(80)
    return run
  },
)

let runs = 0
let file: number | undefined

/** One write for one line: a process that is killed has written all of it or nothing. */
function write(line: Line): void {
  const folder = process.env[folderVariable]
  if (folder === undefined) throw new Error(`${folderVariable}: expected a folder, received none.`)
  file ??= openSync(join(folder, `${process.pid}.jsonl`), 'a')
  writeSync(file, `${JSON.stringify(line)}\n`)
}

function pause(longestMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.random() * longestMs))
}
