/** Why a message is in the dead-letter queue. */
export type DeadLetterReason = TaskDeadLetterReason | RefusedMessageReason

/** Reasons for a task that ended in FAILURE. */
export type TaskDeadLetterReason =
  | 'failure'
  | 'rejected'
  | 'worker-lost'
  | 'input-refused'
  | 'unknown-task'
  | 'result-refused'
  /** Its queue was gone when its delay had passed. There is no dead letter then: the record alone says so. */
  | 'unknown-queue'

/** Reasons for a body that is not a Celeriac message. */
export type RefusedMessageReason = 'not-json' | 'wrong-shape' | 'unknown-version'
