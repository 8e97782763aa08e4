import { port } from './port.ts'

/** Settings of an operator for a queue. */
export interface QueueControl {
  /** When the queue was paused, epoch ms. Undefined while it is not paused. */
  readonly pausedAt?: number
}

/** Settings of queues that hold for every process. Methods throw when the service does not answer. */
export interface Controls {
  /** The value written last; `{}` if none was written. */
  read(queue: string): Promise<QueueControl>
  /** Replaces the whole value. */
  write(queue: string, control: QueueControl): Promise<void>
}

export const controlsPort = port<Controls>()('controls', { read: 'read', write: 'put' })
