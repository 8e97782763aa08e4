import { port } from './port.ts'

/** What an operator has set for a queue. */
export interface QueueControl {
  /** Epoch ms of the pause, while paused. */
  readonly pausedAt?: number
}

/** Settings of queues that hold for every process. Methods throw when the service does not answer. */
export interface Controls {
  /** As it was last written; `{}` when nothing was. */
  read(queue: string): Promise<QueueControl>
  /** Replaces what is there. */
  write(queue: string, control: QueueControl): Promise<void>
}

export const controlsPort = port<Controls>()('controls', { read: 'read', write: 'put' })
