/** What is measured: tasks that do nothing, from a producer through a queue to a worker, in this process. */
export interface Contestant {
  readonly name: string
  /** Enqueues so many as fast as it can. */
  enqueueMany(count: number): Promise<void>
  /** Enqueues one, as a web request does. */
  enqueueOne(): Promise<void>
  close(): Promise<void>
}

/** What every task carries: when it was enqueued, and as much text as an order or a mail address has. */
export interface TaskInput {
  readonly sentAt: number
  readonly text: string
}

export const inputOf = (): TaskInput => ({ sentAt: preciseNow(), text: 'x'.repeat(100) })

/** Epoch milliseconds with fractions. */
export function preciseNow(): number {
  return performance.timeOrigin + performance.now()
}

/** Where the tasks of all contestants report. */
const finish = { ran: 0, latenciesMs: [] as number[], onRun: () => {} }

/** The task itself. */
export function run({ sentAt }: TaskInput): number {
  finish.ran++
  finish.latenciesMs.push(preciseNow() - sentAt)
  finish.onRun()
  return finish.ran
}

export interface Round {
  readonly seconds: number
  /** Of this process: producer, worker, and what of SQS or Redis's client is in it. Other load on the machine hardly touches it. */
  readonly cpuSeconds: number
  /** From the enqueue of each task to its run. */
  readonly latenciesMs: readonly number[]
}

/** Does something and waits until that many tasks ran. */
export async function measure(count: number, act: () => Promise<void>): Promise<Round> {
  finish.ran = 0
  finish.latenciesMs = []
  const startedAt = performance.now()
  const cpuAtStart = process.cpuUsage()
  const all = new Promise<void>((resolve) => {
    finish.onRun = () => {
      if (finish.ran === count) resolve()
    }
  })
  await Promise.all([act(), all])
  finish.onRun = () => {}
  const { user, system } = process.cpuUsage(cpuAtStart)
  return {
    seconds: (performance.now() - startedAt) / 1_000,
    cpuSeconds: (user + system) / 1_000_000,
    latenciesMs: finish.latenciesMs,
  }
}
