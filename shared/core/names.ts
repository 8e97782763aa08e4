import { DefinitionError } from './errors.ts'

/** SQS allows these characters, at most 80, including the suffix `-dead`. */
const queuePattern = /^[A-Za-z0-9_-]+$/
const maxQueueLength = 80
const deadSuffix = '-dead'
const taskPattern = /^[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,127}$/
const appPattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/
/** DynamoDB table names have at least 3 characters. */
const shortestPrefix = 3

/** The queue's name in SQS: `<prefix>-<queue>`. */
export function queueName(prefix: string, queue: string): string {
  return `${prefix}-${queue}`
}

/** The dead-letter queue's name in SQS: `<prefix>-<queue>-dead`. */
export function deadQueueName(prefix: string, queue: string): string {
  return `${queueName(prefix, queue)}${deadSuffix}`
}

/** The app's name for an SQS queue ARN or name. Undefined if it has another prefix. */
export function routeOf(prefix: string, arnOrName: string): string | undefined {
  const name = arnOrName.slice(arnOrName.lastIndexOf(':') + 1)
  return name.startsWith(`${prefix}-`) ? name.slice(prefix.length + 1) : undefined
}

/** The table's name is the prefix. */
export function tableName(prefix: string): string {
  return prefix
}

/** App name and stage: `shop`, `shop-dev`. */
export function prefixOf(name: string, stage: string | undefined): string {
  return stage === undefined ? name : `${name}-${stage}`
}

export function checkAppName(name: string, option = 'name'): void {
  if (typeof name !== 'string' || !appPattern.test(name)) {
    throw new DefinitionError(
      `createApp: ${option}: expected 1 to 40 letters, digits, '-' or '_', not starting with '-' or '_', received ${JSON.stringify(name)}. It becomes part of queue and table names.`,
    )
  }
}

export function checkPrefix(prefix: string): void {
  if (prefix.length < shortestPrefix) {
    throw new DefinitionError(
      `createApp: name: expected at least ${shortestPrefix} characters together with the stage, received '${prefix}'. It is the table's name.`,
    )
  }
}

export function checkQueueName(prefix: string, queue: string): void {
  if (queue.endsWith('.fifo')) {
    throw new DefinitionError(
      `queues.${queue}: FIFO queues are not supported, received a name that ends in '.fifo'. Use a standard queue: claims already prevent double runs.`,
    )
  }
  if (queue.includes('--')) {
    throw new DefinitionError(
      `queues.${queue}: expected a name without '--', received '${queue}'. What follows '--' is the name of a lane. Use one '-'.`,
    )
  }
  const full = deadQueueName(prefix, queue)
  if (!queuePattern.test(queue) || full.length > maxQueueLength || queue.endsWith(deadSuffix)) {
    throw new DefinitionError(
      `queues.${queue}: expected letters, digits, '-' or '_', not ending in '${deadSuffix}', and at most ${maxQueueLength} characters as '${full}', received ${full.length}. Choose a shorter or plainer name.`,
    )
  }
}

export function checkTaskName(name: string): void {
  if (typeof name !== 'string' || !taskPattern.test(name)) {
    throw new DefinitionError(
      `app.task: name: expected up to 128 letters, digits, '.', '_', ':', '/' or '-', starting with a letter, digit or '_', received ${JSON.stringify(name)}.`,
    )
  }
}

/** Ids of workflow tasks and schedule occurrences start like this or contain these characters. */
const reservedStart = /^[ws]_/
const reservedCharacters = /[~!+*]/

/** Only Celeriac creates such ids: `w_…` for workflows, `s_…` for schedules. */
export function isReservedTaskId(id: string): boolean {
  return reservedStart.test(id) || reservedCharacters.test(id)
}

/** @throws {DefinitionError} the caller's id looks like one of a workflow or a schedule */
export function checkTaskId(owner: string, id: string | undefined): void {
  if (id === undefined || !isReservedTaskId(id)) return
  throw new DefinitionError(
    `${owner}: taskId: expected an id that does not begin with 'w_' or 's_' and has none of '~', '!', '+' and '*', received ${JSON.stringify(id.slice(0, 80))}. Those are ids of workflows and schedules. Put another letter in front, or use idempotencyKey, which takes any text.`,
  )
}
