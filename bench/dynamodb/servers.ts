import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startDynamoDb } from '../../localstack/dynamodb/dynoxide.ts'

export interface Measured {
  readonly name: string
  readonly endpoint: string
  readonly startMs: number
  readonly startCpuMs: number
  /** Processor time so far. */
  cpuMs(): Promise<number>
  /** What a collection leaves; of ours only. */
  heapBytes(): Promise<number>
  residentBytes(): number
  stop(): Promise<void>
}

export async function startOurs(dataDir?: string): Promise<Measured> {
  const program = fileURLToPath(new URL('./server-process.ts', import.meta.url))
  const flags = ['--expose-gc', '--max-old-space-size=8192', '--import', 'tsx']
  const child = spawn(process.execPath, [...flags, program, ...(dataDir === undefined ? [] : [dataDir])], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  const said = await new Promise<string>((resolve, reject) => {
    child.stdout?.once('data', (line) => resolve(String(line)))
    child.once('exit', (code) => reject(new Error(`The server ended with code ${code}.`)))
  })
  const { endpoint, startMs, startCpuMs } = JSON.parse(said) as Pick<Measured, 'endpoint' | 'startMs' | 'startCpuMs'>
  const ask = (question: string) =>
    new Promise<number>((resolve) => {
      child.once('message', (answer) => resolve(Number(answer)))
      child.send(question)
    })
  return {
    name: 'celeriac',
    endpoint,
    startMs,
    startCpuMs,
    cpuMs: () => ask('cpu'),
    heapBytes: () => ask('heap'),
    residentBytes: () => residentOf(child.pid ?? 0),
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
    },
  }
}

export async function startDynoxide(): Promise<Measured> {
  const begun = performance.now()
  const { endpoint, pid, stop } = await startDynamoDb()
  return {
    name: 'dynoxide',
    endpoint,
    startMs: performance.now() - begun,
    startCpuMs: 0,
    cpuMs: async () => cpuMsOf(pid),
    heapBytes: async () => Number.NaN,
    residentBytes: () => residentOf(pid),
    stop,
  }
}

/** Linux counts processor time in hundredths of a second. */
function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

function residentOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN) * 1_024
}
