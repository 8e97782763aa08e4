// Started by start-local.system.test.ts: everything runs, one task blocks its process, and then this process is killed.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { startLocal } from '../../shared/local.ts'
import { app, hang, slow } from './fixtures/app/tasks.ts'

const worker = fileURLToPath(new URL('fixtures/app/worker.ts', import.meta.url))
const local = await startLocal(app, { worker, onLog() {} })
await slow.delay(4_000)
await hang.delay()
while (local.workerPids.length < 2) await new Promise((resolve) => setTimeout(resolve, 20))
// All that descends from this process: workers, the engine, guards. Not ps itself, which has ended when this is read.
const table = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' })
const children = new Map<number, number[]>()
for (const row of table.trim().split('\n')) {
  const [pid = 0, parent = 0] = row.trim().split(/\s+/).map(Number)
  children.set(parent, [...(children.get(parent) ?? []), pid])
}
const descendants = (pid: number): number[] => (children.get(pid) ?? []).flatMap((each) => [each, ...descendants(each)])
const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
console.log(JSON.stringify({ pids: descendants(process.pid).filter(alive) }))
setInterval(() => {}, 60_000)
