import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { python } from './python.ts'

const supervisor = fileURLToPath(new URL('../../../localstack/engines/supervise.py', import.meta.url))

/** A command that starts a grandchild in a session of its own, tells both ids on stdout and does as told. */
const command = (then: string) => `
import os, subprocess, sys, time
grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
print(os.getpid(), grandchild.pid, flush=True)
${then}
`

describe.skipIf(python === undefined)('supervise.py', () => {
  let folder = ''
  let scratch = ''
  const log = () => join(folder, 'log')

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'celeriac-test-'))
    scratch = join(folder, 'scratch')
    await mkdir(scratch)
  })
  afterEach(() => rm(folder, { recursive: true }))

  async function start(script: string): Promise<{ supervised: ChildProcess; pids: number[] }> {
    const file = join(folder, 'command.py')
    await writeFile(file, script)
    const args = [
      '--until-stdin-closes',
      '--patience-seconds',
      '1',
      '--scratch',
      scratch,
      '--log',
      log(),
      '--',
      python ?? '',
      file,
    ]
    const supervised = spawn(python ?? '', [supervisor, ...args], { stdio: ['pipe', 'inherit', 'inherit'] })
    let text = ''
    while (!text.includes('\n')) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      text = await readFile(log(), 'utf8').catch(() => '')
    }
    return { supervised, pids: text.trim().split(' ').map(Number) }
  }

  const isAlive = (pid: number) => {
    try {
      process.kill(pid, 0)
      return true
    } catch {
      return false
    }
  }

  it('ends the command and its descendants when its stdin closes, as it does when the parent is killed', async () => {
    const { supervised, pids } = await start(command('time.sleep(60)'))
    expect(pids.map(isAlive)).toEqual([true, true])
    supervised.stdin?.end()
    await once(supervised, 'exit')
    expect(pids.map(isAlive)).toEqual([false, false])
    expect(existsSync(scratch)).toBe(false)
  })

  it('ends a command that ignores SIGTERM', async () => {
    const { supervised, pids } = await start(
      command(
        'import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print("deaf", flush=True); time.sleep(60)',
      ),
    )
    supervised.kill('SIGTERM')
    await once(supervised, 'exit')
    expect(pids.slice(0, 2).map(isAlive)).toEqual([false, false])
  })

  it.runIf(process.platform === 'linux')('ends what a crashed command left, and tells its status', async () => {
    const { supervised, pids } = await start(command('time.sleep(0.5); os._exit(3)'))
    const [status] = await once(supervised, 'exit')
    expect(status).toBe(3)
    expect(pids.map(isAlive)).toEqual([false, false])
    expect(existsSync(scratch)).toBe(false)
  })
})
