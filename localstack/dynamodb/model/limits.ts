// Source of all: "Service, account, and table quotas in Amazon DynamoDB" and the API reference of each operation.

export const MAX_ITEM_BYTES = 400 * 1024
export const MAX_PARTITION_KEY_BYTES = 2_048
export const MAX_SORT_KEY_BYTES = 1_024
export const MAX_NESTING = 32
export const MAX_EXPRESSION_BYTES = 4_096
export const MAX_OPERATORS = 300
export const MAX_IN_OPERANDS = 100
/** One page of Query or Scan. */
export const MAX_PAGE_BYTES = 1024 * 1024
export const MAX_BATCH_GETS = 100
export const MAX_BATCH_GET_BYTES = 16 * 1024 * 1024
export const MAX_BATCH_WRITES = 25
export const MAX_STATEMENTS = 25
export const MAX_TRANSACTION_ITEMS = 100
export const MAX_TRANSACTION_BYTES = 4 * 1024 * 1024
/** How long a ClientRequestToken is remembered. */
export const TOKEN_MS = 10 * 60_000
export const MAX_GLOBAL_INDEXES = 20
export const MAX_LOCAL_INDEXES = 5
export const MAX_TAGS = 50
