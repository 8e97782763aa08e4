import { existingTask } from '../../shared/enqueue/existing-task.ts'
import type { Ports } from '../../shared/ports/index.ts'
import { type WorkerParts, workerParts } from '../../shared/worker/index.ts'

/** What a simulated world is put together from. A broken variant replaces one of them. */
export interface SimulatedParts {
  readonly worker: WorkerParts
  readonly existingTask: typeof existingTask
  /** Stands between the code of a process and its faults: what the code makes of an answer, not what the service does. */
  readonly portsOf: (ports: Ports, process: string) => Partial<Ports>
}

export const simulatedParts: SimulatedParts = { worker: workerParts, existingTask, portsOf: () => ({}) }
