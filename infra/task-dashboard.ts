import { Stack, Token } from 'aws-cdk-lib'
import {
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  Metric,
  Stats,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch'
import { Construct } from 'constructs'
import * as defaults from './defaults.ts'
import { deployedApp, type TaskAppProps } from './task-app.ts'
import type { TaskQueue } from './task-queue.ts'
import type { TaskTable } from './task-table.ts'
import type { TaskWorker } from './task-worker.ts'

export interface TaskDashboardProps extends TaskAppProps {
  readonly routes: readonly { readonly queue: TaskQueue; readonly worker: TaskWorker }[]
  readonly table: TaskTable
}

const period = defaults.dashboardPeriod
/** Four graphs fill a row of 24. */
const size = { width: 6, height: 5 } as const

/**
 * A CloudWatch dashboard of an app: a row for each queue, one for the table. $3 a month beyond the account's first three.
 *
 * @example
 * new TaskDashboard(this, 'Dashboard', { app, routes: [{ queue, worker }], table })
 */
export class TaskDashboard extends Construct {
  readonly dashboard: Dashboard

  constructor(scope: Construct, id: string, props: TaskDashboardProps) {
    super(scope, id)
    this.dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: dashboardName(this, deployedApp(props).prefix),
      // Live tasks are looked at by the hour, not by the month.
      start: '-PT3H',
      widgets: [
        ...props.routes.flatMap(({ queue, worker }) => [[heading(queue)], rowOf(queue, worker)]),
        tableRow(props.table),
      ],
    })
  }
}

/** CloudWatch's dashboards belong to the account, not to a region: a copy in another region would overwrite this one. */
function dashboardName(scope: Construct, prefix: string): string {
  const { region } = Stack.of(scope)
  return Token.isUnresolved(region) ? prefix : `${prefix}-${region}`
}

function heading({ name, deployed }: TaskQueue): IWidget {
  const { concurrency, batchSize, parallelism } = deployed.definition
  return new TextWidget({
    markdown: `## ${name}\nconcurrency ${concurrency ?? 'as the account allows'}, batches of ${batchSize}, ${parallelism} at a time`,
    width: 24,
    height: 2,
  })
}

function rowOf({ queue, deadLetters }: TaskQueue, { function: worker, mapping }: TaskWorker): IWidget[] {
  const maximum = { period, statistic: Stats.MAXIMUM }
  const sum = { period, statistic: Stats.SUM }
  const events = (metricName: string, label: string) =>
    new Metric({
      namespace: 'AWS/Lambda',
      metricName,
      label,
      dimensionsMap: { EventSourceMappingUUID: mapping.eventSourceMappingId },
      ...sum,
    })
  return [
    graph('Messages', [
      queue.metricApproximateNumberOfMessagesVisible({ ...maximum, label: 'waiting' }),
      queue.metricApproximateNumberOfMessagesNotVisible({ ...maximum, label: 'in flight' }),
      queue.metricApproximateNumberOfMessagesDelayed({ ...maximum, label: 'delayed' }),
      deadLetters.metricApproximateNumberOfMessagesVisible({ ...maximum, label: 'dead letters' }),
    ]),
    graph(
      'Flow',
      [
        queue.metricNumberOfMessagesSent({ ...sum, label: 'sent' }),
        events('InvokedEventCount', 'delivered'),
        events('DeletedEventCount', 'done'),
        events('FailedInvokeEventCount', 'not delivered'),
      ],
      [queue.metricApproximateAgeOfOldestMessage({ ...maximum, label: 'oldest (s)' })],
    ),
    graph(
      'Worker',
      [
        worker.metricInvocations({ ...sum, label: 'invocations' }),
        worker.metricErrors({ ...sum, label: 'crashes and time-outs' }),
        worker.metricThrottles({ ...sum, label: 'throttles' }),
      ],
      [worker.metric('ConcurrentExecutions', { ...maximum, label: 'environments' })],
    ),
    graph('Time of a batch', [
      worker.metricDuration({ period, statistic: Stats.percentile(50), label: 'p50' }),
      worker.metricDuration({ period, statistic: Stats.percentile(95), label: 'p95' }),
      worker.metricDuration({ ...maximum, label: 'longest' }),
    ]),
  ]
}

function tableRow({ table, tableName }: TaskTable): IWidget[] {
  const sum = { period, statistic: Stats.SUM }
  const throttled = (metricName: string, label: string) =>
    new Metric({ namespace: 'AWS/DynamoDB', metricName, label, dimensionsMap: { TableName: tableName }, ...sum })
  return [
    graph('Table: units', [
      table.metricConsumedWriteCapacityUnits({ ...sum, label: 'writes' }),
      table.metricConsumedReadCapacityUnits({ ...sum, label: 'reads' }),
    ]),
    // By event: a batch request with some throttled statements succeeds as a request.
    graph('Table: throttled', [throttled('WriteThrottleEvents', 'writes'), throttled('ReadThrottleEvents', 'reads')]),
  ]
}

function graph(title: string, left: IMetric[], right: IMetric[] = []): IWidget {
  return new GraphWidget({ title, left, right, ...size, leftYAxis: { min: 0 }, rightYAxis: { min: 0 } })
}
