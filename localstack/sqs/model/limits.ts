/**
 * SQS's numbers. Sources: "Amazon SQS message quotas", "queue quotas" and "FIFO quotas" of the Developer Guide, and
 * the API reference of the action that has the limit.
 */
export const MIB = 1_048_576
/** API_CreateQueue: the maximum size of a message, and the default limit of a queue. */
export const MAX_MESSAGE_BYTES = MIB
/** API_SendMessageBatch: the total size of all entries of one batch. The queue's own maximum does not change it. */
export const MAX_BATCH_BYTES = MIB
export const MAX_BATCH_ENTRIES = 10
export const MAX_MESSAGE_ATTRIBUTES = 10
export const MAX_DELAY_SECONDS = 900
/** 12 hours, counted from the receive. A change of the visibility does not restart them. */
export const MAX_VISIBILITY_SECONDS = 43_200
export const MAX_WAIT_SECONDS = 20
/** Maximum of messages in flight (received, not deleted, not visible again) per queue. */
export const MAX_IN_FLIGHT = 120_000
/** FIFO: how long a deduplication id and a receive attempt id are remembered. */
export const DEDUPLICATION_MS = 5 * 60_000
export const PURGE_INTERVAL_MS = 60_000
export const NAME_REUSE_MS = 60_000
export const MAX_TAGS = 50
/** Page size of ListQueues and ListDeadLetterSourceQueues, also without MaxResults. */
export const MAX_PAGE = 1_000
export const MAX_POLICY_BYTES = 8_192
export const MAX_POLICY_STATEMENTS = 20
export const MAX_POLICY_ACTIONS = 7
export const MAX_MOVE_RATE = 500
export const MAX_LISTED_MOVE_TASKS = 10
export const MAX_ACTIVE_MOVE_TASKS = 100
export const MAX_MOVE_TASK_MS = 36 * 3_600_000
/** After this many receives without a delete, a standard queue puts a message behind all others. */
export const RECEIVES_BEFORE_BACK = 3
