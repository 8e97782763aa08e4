import { fileURLToPath } from 'node:url'
import { type GuardedProcess, startGuarded } from '../../localstack/process/guarded-process.ts'
import type { Scene, WorkerProcesses } from './play-deaths.ts'

const places = 4

/** Containers, each replaced at once when it ends, as an orchestrator would. */
export async function startContainers({ closing, variables, succeeded, problem }: Scene): Promise<WorkerProcesses> {
  const containers = new Set<GuardedProcess>()
  const container = fileURLToPath(new URL('./container.ts', import.meta.url))
  let isOver = false
  const start = async (): Promise<void> => {
    if (isOver) return
    Object.assign(process.env, variables, { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' })
    const started = await startGuarded(process.execPath, ['--import', 'tsx', container])
    containers.add(started)
    eachLine(started.stdout, (line) => {
      if (line.startsWith('succeeded ')) succeeded(line.slice('succeeded '.length))
    })
    eachLine(started.stderr, problem)
    void started.exited.then(() => {
      containers.delete(started)
      return start()
    })
  }
  closing.add(async () => {
    isOver = true
    await Promise.all([...containers].map((each) => each.stop()))
  })
  await Promise.all(Array.from({ length: places }, start))
  return {
    get pids() {
      return [...containers].map(({ pid }) => pid)
    },
    // All tasks have ended when it is asked for: nothing is left that would be waited for.
    drain: async () => {},
  }
}

function eachLine(stream: GuardedProcess['stdout'], hear: (line: string) => void): void {
  let rest = ''
  stream.on('data', (chunk) => {
    const lines = (rest + String(chunk)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) hear(line)
  })
}
