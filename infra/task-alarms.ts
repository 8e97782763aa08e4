import { Duration } from 'aws-cdk-lib'
import {
  Alarm,
  ComparisonOperator,
  type IAlarmAction,
  type IMetric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch'
import { Construct } from 'constructs'
import * as defaults from './defaults.ts'
import type { TaskQueue } from './task-queue.ts'
import type { TaskWorker } from './task-worker.ts'
import type { AlarmSettings } from './worker-settings.ts'

export interface TaskAlarmsProps extends AlarmSettings {
  readonly queue: TaskQueue
  readonly worker: TaskWorker
  /** What to notify, for example `new SnsAction(topic)`. @default nobody: alarms show in the console */
  readonly actions?: readonly IAlarmAction[]
}

/**
 * Four alarms of one queue. Each costs $0.10 a month.
 *
 * @example
 * new TaskAlarms(this, 'EmailsAlarms', { queue: emails, worker, actions: [new SnsAction(topic)] })
 */
export class TaskAlarms extends Construct {
  /** A task failed for good. Counts what lies there, since messages that SQS itself moved are not in NumberOfMessagesSent. */
  readonly deadLetters: Alarm
  /** Work waits too long: too little concurrency, or a worker that cannot start. Poison does not show here (SQS leaves messages of three receives out), but as an error and a dead letter. */
  readonly oldestAge: Alarm
  /** The process crashed or timed out. A task that throws is no error: the worker settles it. */
  readonly errors: Alarm
  /** Lambda refuses invocations for a quarter of an hour: the account's or the function's concurrency is too low. */
  readonly throttles: Alarm

  constructor(scope: Construct, id: string, { queue, worker, actions = [], ...settings }: TaskAlarmsProps) {
    super(scope, id)
    const { queueName } = queue.deployed
    const oldestAge = settings.oldestAge ?? longestQuietAge(queue)
    const alarm = (
      name: string,
      kind: string,
      metric: IMetric,
      threshold: number,
      description: string,
      periods = 1,
    ) => {
      const made = new Alarm(this, name, {
        alarmName: `${queueName}-${kind}`,
        alarmDescription: description,
        metric,
        threshold,
        evaluationPeriods: periods,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        // SQS sends nothing of a queue that sleeps.
        treatMissingData: TreatMissingData.NOT_BREACHING,
      })
      made.addAlarmAction(...actions)
      return made
    }
    const { period, errorPeriod, throttledPeriods } = defaults.alarms
    this.deadLetters = alarm(
      'DeadLetters',
      'dead-letters',
      queue.deadLetters.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' }),
      settings.deadLetters ?? 0,
      `Tasks of ${queueName} failed for good. Ask 'celeriac inspect queues', mend, and redrive.`,
    )
    this.oldestAge = alarm(
      'OldestAge',
      'oldest-age',
      queue.queue.metricApproximateAgeOfOldestMessage({ period, statistic: 'Maximum' }),
      oldestAge.toSeconds(),
      `Tasks of ${queueName} have waited longer than ${oldestAge.toHumanString()}.`,
    )
    this.errors = alarm(
      'Errors',
      'errors',
      worker.function.metricErrors({ period: errorPeriod, statistic: 'Sum' }),
      0,
      `The worker of ${queueName} crashed or ran out of time. Its tasks run again; see its log.`,
    )
    this.throttles = alarm(
      'Throttles',
      'throttles',
      worker.function.metricThrottles({ period: errorPeriod, statistic: 'Sum' }),
      0,
      `Lambda throttles the worker of ${queueName}: tasks wait. Raise the account's concurrency, or lower the queue's.`,
      throttledPeriods,
    )
  }
}

function longestQuietAge({ visibility }: TaskQueue): Duration {
  const least = defaults.alarms.leastOldestAge
  return Duration.seconds(Math.max(least.toSeconds(), 2 * visibility.toSeconds()))
}
