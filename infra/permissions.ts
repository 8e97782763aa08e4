/**
 * The written list of what each role may do, with the reason of each action. Nothing else is granted, and a test compares it with the requests
 * that the code makes.
 *
 * BatchExecuteStatement has no action of its own: its statements are authorised as `PartiQLInsert`, `PartiQLUpdate` and so on.
 */

/** What an action is allowed on. */
export type Target = 'table' | 'indexes' | 'queue' | 'dead'

export interface Permission {
  readonly on: Target
  readonly action: string
  readonly reason: string
}

const insertRecords: Permission = {
  on: 'table',
  action: 'dynamodb:PartiQLInsert',
  reason: 'a record is inserted for each task, which is where keys deduplicate',
}
const changeRecords: Permission = {
  on: 'table',
  action: 'dynamodb:PartiQLUpdate',
  reason: 'states change by compare-and-swap on the version of the record',
}
const changeRecordsAlone: Permission = {
  on: 'table',
  action: 'dynamodb:UpdateItem',
  reason:
    'a change that removes several fields (a key opened anew, forget) is a request of its own: no PartiQL form of it suits all engines',
}
const readRecords: Permission = {
  on: 'table',
  action: 'dynamodb:BatchGetItem',
  reason: 'records, inputs and counters are read in batches: results, duplicates, writes whose answer was lost',
}
const writeInputs: Permission = {
  on: 'table',
  action: 'dynamodb:BatchWriteItem',
  reason: 'larger inputs have an item of their own',
}
const replaceExpired: Permission = {
  on: 'table',
  action: 'dynamodb:DeleteItem',
  reason: 'an expired record that the TTL has not reached yet makes room for a new task of the same id',
}
const send: Permission = { on: 'queue', action: 'sqs:SendMessage', reason: 'messages are sent, fresh copies included' }

/** A producer: `delay()`, `applyAsync()`, `delayMany()`, `send()`; and `revoke()` and `forget()` of what it enqueued. */
export const enqueuePermissions: readonly Permission[] = [
  send,
  insertRecords,
  replaceExpired,
  changeRecords,
  changeRecordsAlone,
  readRecords,
  writeInputs,
]

/** A producer that is not a Lambda function of this CDK app, and may not have been told CELERIAC_QUEUE_BASE_URL. */
export const findQueuePermission: Permission = {
  on: 'queue',
  action: 'sqs:GetQueueUrl',
  reason: 'the URL of a queue is asked for once where CELERIAC_QUEUE_BASE_URL is not set',
}

/** `get()`, `state()`, `info()`. */
export const resultsPermissions: readonly Permission[] = [readRecords]

/** The worker's own code. */
export const workPermissions: readonly Permission[] = [
  { on: 'queue', action: 'sqs:ChangeMessageVisibility', reason: 'a retry of up to a minute is its message, hidden' },
  send,
  { on: 'dead', action: 'sqs:SendMessage', reason: 'a failed task becomes a dead letter with its reason inside' },
  insertRecords,
  replaceExpired,
  changeRecords,
  readRecords,
  writeInputs,
  { on: 'table', action: 'dynamodb:GetItem', reason: 'whether the queue is paused' },
  {
    ...changeRecordsAlone,
    reason: 'the counters of five minutes, one update per batch; and changes that remove several fields',
  },
  { on: 'table', action: 'dynamodb:PutItem', reason: 'the task names that the counters stand for, once a process' },
]

/** The tick: it sends what is due, releases schedules, and enqueues their occurrences. */
export const tickPermissions: readonly Permission[] = [
  {
    on: 'table',
    action: 'dynamodb:Query',
    reason: 'what is due in a minute, the schedules of the code, and how far the ticks are',
  },
  { on: 'table', action: 'dynamodb:PutItem', reason: 'a schedule is advanced, if it still is as it was read' },
  { ...writeInputs, reason: 'what was sent is removed from its minute; and larger inputs have an item of their own' },
  { ...changeRecordsAlone, reason: 'how far the tick is; and changes that remove several fields' },
  { ...readRecords, reason: 'schedules, and the records of tasks whose message is too large for a due item' },
  send,
  insertRecords,
  replaceExpired,
  changeRecords,
]

/** What the event source mapping does in the function's name. */
export const mappingPermissions: readonly Permission[] = [
  { on: 'queue', action: 'sqs:ReceiveMessage', reason: 'Lambda polls the queue' },
  { on: 'queue', action: 'sqs:DeleteMessage', reason: 'Lambda deletes what the worker did not report as failed' },
  { on: 'queue', action: 'sqs:GetQueueAttributes', reason: 'Lambda checks the visibility time against the time-out' },
]

/** People and tools that look after it: inspect, pause, revoke, reconcile, redrive. */
export const operatePermissions: readonly Permission[] = [
  findQueuePermission,
  { ...findQueuePermission, on: 'dead' },
  { on: 'queue', action: 'sqs:GetQueueAttributes', reason: 'how many messages wait' },
  { on: 'dead', action: 'sqs:GetQueueAttributes', reason: 'how many dead letters wait' },
  { on: 'queue', action: 'sqs:SendMessage', reason: 'reconcile sends what lost its message; a redrive sends back' },
  { on: 'dead', action: 'sqs:ReceiveMessage', reason: 'a redrive takes dead letters' },
  { on: 'dead', action: 'sqs:DeleteMessage', reason: 'a redrive deletes what it sent back' },
  {
    on: 'dead',
    action: 'sqs:ChangeMessageVisibility',
    reason: 'dead letters that were looked at can be received again at once',
  },
  { on: 'dead', action: 'sqs:StartMessageMoveTask', reason: 'a redrive from the console or the AWS CLI' },
  { on: 'dead', action: 'sqs:CancelMessageMoveTask', reason: 'and its end' },
  { on: 'dead', action: 'sqs:ListMessageMoveTasks', reason: 'and its progress' },
  changeRecords,
  changeRecordsAlone,
  readRecords,
  writeInputs,
  { on: 'table', action: 'dynamodb:GetItem', reason: 'whether a queue is paused' },
  { on: 'table', action: 'dynamodb:PutItem', reason: 'pause and resume' },
  { on: 'table', action: 'dynamodb:Query', reason: 'the statistics of a queue' },
  { on: 'indexes', action: 'dynamodb:Query', reason: 'tasks by queue and time, failures by queue' },
]

/** A customer's KMS key on a queue: whoever sends needs a data key, and SQS asks for Decrypt with it. */
export const queueKeyActions = {
  send: ['kms:GenerateDataKey', 'kms:Decrypt'],
  receive: ['kms:Decrypt'],
} as const

/** A customer's KMS key on the table: DynamoDB uses it in the caller's name. */
export const tableKeyActions = {
  read: ['kms:Decrypt', 'kms:DescribeKey'],
  write: ['kms:Encrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*'],
} as const

/** The actions on one kind of target. */
export function actionsOn(target: Target, permissions: readonly Permission[]): readonly string[] {
  return [...new Set(permissions.filter(({ on }) => on === target).map(({ action }) => action))]
}
