/** Why a message was put aside. */
export type DeadLetterReason = TaskDeadLetterReason | RefusedMessageReason

/** Of a task that ended in FAILURE. */
export type TaskDeadLetterReason =
  | 'failure'
  | 'rejected'
  | 'worker-lost'
  | 'input-refused'
  | 'unknown-task'
  | 'result-refused'
  /** Its queue was gone when its delay had passed. There is no dead letter then: the record alone says so. */
  | 'unknown-queue'

/** Of a body that is no message. */
export type RefusedMessageReason = 'not-json' | 'wrong-shape' | 'unknown-version'
