import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { isAlive, until } from '../../support/processes.ts'

const parentScript = fileURLToPath(new URL('./doomed-parent.ts', import.meta.url))

test.skipIf(process.platform === 'win32').each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
  'a parent ended by %s leaves no child: none that blocks, waits or is frozen, nor what they started, nor the folder',
  async (signal) => {
    const parent = spawn(process.execPath, ['--import', 'tsx', parentScript], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = await new Promise<[string]>((resolve) =>
      createInterface({ input: parent.stdout }).once('line', (text) => resolve([text])),
    )
    const { pids, folder } = JSON.parse(line) as { pids: number[]; folder: string }
    expect(pids).toHaveLength(4)
    expect(pids.filter(isAlive)).toEqual(pids)
    expect(existsSync(folder)).toBe(true)
    parent.kill(signal)
    await until(() => pids.every((pid) => !isAlive(pid)), 5_000)
    await until(() => !existsSync(folder), 5_000)
  },
)
