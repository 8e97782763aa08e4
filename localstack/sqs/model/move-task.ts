import { invalidParameter } from './errors.ts'
import type { SqsRecord } from './record.ts'
import type * as api from './types.ts'

/** One move of dead letters, running or finished. */
export interface MoveTask {
  id: string
  status: api.MoveTaskStatus
  sourceArn: string
  destinationArn: string | undefined
  perSecond: number | undefined
  moved: number
  toMove: number
  failure: string | undefined
  startedAt: number
  cancelTimer: (() => void) | undefined
}

/** The same format as SQS: base64 of a JSON object with the task's id and its source. */
export const handleOf = (task: MoveTask): string =>
  Buffer.from(JSON.stringify({ taskId: task.id, sourceArn: task.sourceArn })).toString('base64')

export function readHandle(handle: string): { taskId: string; sourceArn: string } {
  try {
    const { taskId, sourceArn } = JSON.parse(Buffer.from(handle, 'base64').toString()) as Record<string, unknown>
    if (typeof taskId === 'string' && typeof sourceArn === 'string') return { taskId, sourceArn }
  } catch {
    // falls through to the one error below
  }
  throw invalidParameter('Value for parameter TaskHandle is invalid.')
}

/** The task as ListMessageMoveTasks shows it. */
export function shown(task: MoveTask): api.MessageMoveTask {
  return {
    ...(task.status === 'RUNNING' ? { TaskHandle: handleOf(task) } : {}),
    Status: task.status,
    SourceArn: task.sourceArn,
    ...(task.destinationArn === undefined ? {} : { DestinationArn: task.destinationArn }),
    ...(task.perSecond === undefined ? {} : { MaxNumberOfMessagesPerSecond: task.perSecond }),
    ApproximateNumberOfMessagesMoved: task.moved,
    ApproximateNumberOfMessagesToMove: task.toMove,
    ...(task.failure === undefined ? {} : { FailureReason: task.failure }),
    StartedTimestamp: task.startedAt,
  }
}

export function recordOf(task: MoveTask): SqsRecord {
  const { id, status, sourceArn, destinationArn, perSecond, moved, toMove, failure, startedAt } = task
  return {
    t: 'task',
    id,
    status,
    sourceArn,
    ...(destinationArn === undefined ? {} : { destinationArn }),
    ...(perSecond === undefined ? {} : { perSecond }),
    moved,
    toMove,
    ...(failure === undefined ? {} : { failure }),
    startedAt,
  }
}
