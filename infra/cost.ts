import type { AppDefinition } from '../shared/core/app.ts'
import { hotRecordBytes, hotResultReserveBytes, recordGraceMs, retentionMs } from '../shared/core/defaults.ts'
import type { QueueDefinition } from '../shared/core/queue.ts'
import { dayMs } from '../shared/core/table.ts'
import { idlePollers, longPollSeconds, monthSeconds, prices } from './prices.ts'
import { definitionOf, type TaskApp } from './task-app.ts'

/** What is not in the app object: how the tasks are. */
export interface CostAssumptions {
  /** Tasks to compute for. @default 1,000,000 */
  readonly tasks?: number
  /** A task's run, in milliseconds. @default 50 */
  readonly runMs?: number
  /** Its input as JSON, in KB. The message adds some 0.4 KB. @default 0.5 */
  readonly inputKb?: number
  /** Messages per request to send: `delayMany()` sends 10, `delay()` 1. @default 10 */
  readonly sentTogether?: number
  /** Messages in a batch on average. @default the queue's batchSize: a busy queue */
  readonly batch?: number
  /** Retries per task on average. @default 0 */
  readonly retries?: number
  /** Times that a result is read, polling included. @default 1 */
  readonly resultReads?: number
  /** Log text per task, in bytes. @default 200 */
  readonly logBytes?: number
}

export interface CostLine {
  readonly name: string
  /** US dollars. */
  readonly dollars: number
  /** How it was computed, with the numbers. */
  readonly formula: string
}

export interface QueueCost {
  readonly queue: string
  readonly lines: readonly CostLine[]
  /** US dollars for the assumed number of tasks. */
  readonly dollars: number
  /** US dollars a month for polling an empty queue, and its alarms. */
  readonly idleDollars: number
}

export interface CostTable {
  readonly tasks: number
  /** List prices: us-east-1, no free tier. */
  readonly queues: readonly QueueCost[]
  /** US dollars a month for the app's dashboard. The first three of an account are free. */
  readonly dashboardDollars: number
}

/**
 * What tasks cost at AWS's list prices, computed from each queue's settings.
 *
 * @param assumptions for all queues
 * @example
 * for (const { queue, dollars } of costOf(app).queues) console.log(queue, dollars.toFixed(2))
 */
export function costOf(app: TaskApp, assumptions: CostAssumptions = {}): CostTable {
  const definition = definitionOf(app)
  return {
    tasks: assumptions.tasks ?? 1_000_000,
    queues: Object.values(definition.queues).map((queue) => queueCost(definition, queue, assumptions)),
    dashboardDollars: prices.dashboardMonth,
  }
}

function queueCost(app: AppDefinition, queue: QueueDefinition, assumptions: CostAssumptions): QueueCost {
  const {
    tasks = 1_000_000,
    runMs = 50,
    inputKb = 0.5,
    sentTogether = 10,
    retries = 0,
    resultReads = 1,
    logBytes = 200,
  } = assumptions
  const batch = Math.min(assumptions.batch ?? queue.batchSize, queue.batchSize)
  const routed = [...app.tasks.values()].filter((task) => task.queue === queue.name)
  const recorded = routed.length === 0 ? 1 : routed.filter((task) => task.ledger === 'full').length / routed.length
  const runs = tasks * (1 + retries)

  const line = (name: string, dollars: number, formula: string): CostLine => ({ name, dollars, formula })
  const chunks = (messages: number) => Math.ceil((messages * (inputKb + envelopeKb)) / prices.sqsRequestKb)
  const waves = Math.ceil(batch / queue.parallelism)
  const batchSeconds = (waves * runMs) / 1_000
  const gb = queue.memoryMb / 1_024

  const writes = recorded * recordWrites(inputKb) + recorded * 2 * retries + recorded / batch
  const reads = recorded * (resultReads / 2 + retries)
  const storedGb = (recorded * tasks * recordKb(inputKb)) / 1e6
  const storedMonths = (retentionMs + recordGraceMs) / (30 * dayMs)

  const lines = [
    line(
      'SQS: send',
      (tasks / sentTogether) * chunks(sentTogether) * prices.sqsRequest,
      `${count(tasks)} / ${sentTogether} a request × ${chunks(sentTogether)} × 64 KB × $0.40/M`,
    ),
    line(
      'SQS: receive and delete',
      (runs / batch) * (chunks(batch) + 1) * prices.sqsRequest + (tasks * retries * prices.sqsRequest) / batch,
      `${count(runs)} / batches of ${batch} × ${chunks(batch) + 1} × $0.40/M${retries > 0 ? ', and hiding for each retry' : ''}`,
    ),
    line('Lambda: requests', (runs / batch) * prices.lambdaRequest, `${count(runs)} / batches of ${batch} × $0.20/M`),
    line(
      'Lambda: time',
      (runs / batch) * batchSeconds * gb * prices.lambdaGbSecond,
      `${count(runs)} / batches of ${batch} × ${batchSeconds} s × ${queue.memoryMb} MB × $13.33/M GB-s (arm64)`,
    ),
    line('DynamoDB: writes', tasks * writes * prices.tableWrite, `${count(tasks)} × ${round(writes)} × $0.625/M`),
    line('DynamoDB: reads', tasks * reads * prices.tableRead, `${count(tasks)} × ${round(reads)} × $0.125/M`),
    line(
      'DynamoDB: storage',
      storedGb * storedMonths * prices.tableGbMonth,
      `${round(storedGb)} GB × ${round(storedMonths * 30)} days × $0.25 a GB-month`,
    ),
    line('Logs', ((tasks * logBytes) / 1e9) * prices.logsGb, `${count(tasks)} × ${logBytes} B × $0.50/GB`),
  ]
  return {
    queue: queue.name,
    lines,
    dollars: lines.reduce((sum, { dollars }) => sum + dollars, 0),
    idleDollars: idleDollars(queue),
  }
}

/** What a message carries beside its input: ids, times, versions. */
const envelopeKb = 0.4

/** Insert with one index entry, claim, settle; larger inputs once in an item of their own. */
function recordWrites(inputKb: number): number {
  const apart = inputKb * 1_024 > hotRecordBytes - hotResultReserveBytes
  return 4 + (apart ? Math.ceil(inputKb + 0.1) : 0)
}

/** With DynamoDB's 100 bytes for each item and index entry. */
function recordKb(inputKb: number): number {
  const apart = inputKb * 1_024 > hotRecordBytes - hotResultReserveBytes
  return 1 + 0.35 + (apart ? inputKb + 0.2 : 0)
}

const alarmsOfQueue = 4

function idleDollars({ concurrency }: QueueDefinition): number {
  const pollers = concurrency === undefined ? idlePollers.otherwise : idlePollers.concurrencySet
  return (pollers * monthSeconds * prices.sqsRequest) / longPollSeconds + alarmsOfQueue * prices.alarmMonth
}

function count(tasks: number): string {
  return tasks.toLocaleString('en-US')
}

function round(value: number): string {
  return String(Math.round(value * 100) / 100)
}
