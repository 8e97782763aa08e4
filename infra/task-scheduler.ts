import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { Alarm, ComparisonOperator, type IAlarmAction, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction as FunctionTarget } from 'aws-cdk-lib/aws-events-targets'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { type Function as LambdaFunction, LoggingFormat, RecursiveLoop, SystemLogLevel } from 'aws-cdk-lib/aws-lambda'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { dueShards } from '../shared/core/due.ts'
import { DefinitionError } from '../shared/core/errors.ts'
import { clientEnvironment } from './client-environment.ts'
import * as defaults from './defaults.ts'
import { defined } from './defined.ts'
import { deployedApp, type TaskAppProps } from './task-app.ts'
import type { TaskQueue } from './task-queue.ts'
import type { TaskTable } from './task-table.ts'
import { workerFunction } from './worker-function.ts'
import type { WorkerCode, WorkerSettings } from './worker-settings.ts'

export interface TaskSchedulerSettings {
  /** So many ticks share the work of a minute: one releases some 1,500 tasks a second. @default 1 */
  readonly parallel?: 1 | 2 | 4
  /** MB. @default 1,024: a full vCPU is at 1,769, and most of a tick is waiting */
  readonly memory?: number
}

export interface TaskSchedulerProps
  extends TaskAppProps,
    WorkerCode,
    TaskSchedulerSettings,
    Pick<
      WorkerSettings,
      'architecture' | 'environment' | 'layers' | 'logRetention' | 'securityGroups' | 'vpc' | 'vpcSubnets'
    > {
  readonly table: TaskTable
  /** All of the app: what is due goes to any. */
  readonly queues: readonly TaskQueue[]
  /** `false`: no alarms. */
  readonly alarms?: { readonly actions?: readonly IAlarmAction[] } | false
}

/** A tick stops five seconds before this; the next one goes on. */
const timeout = Duration.minutes(2)
/** The look-ahead is three minutes: later than this, something may be late. */
const silence = Duration.minutes(5)

/**
 * The tick: a function with the workers' own code, woken each minute by a rule. It sends delayed tasks and releases schedules, three minutes ahead of
 * their time, so that a tick may fail without anything being late.
 */
export class TaskScheduler extends Construct {
  readonly function: LambdaFunction
  readonly rule: Rule
  readonly role: Role
  readonly logGroup: LogGroup
  /** No tick for five minutes: what is due is not sent. */
  readonly silent: Alarm | undefined
  /** A tick failed twice within five minutes. One alone is made up for by the next. */
  readonly errors: Alarm | undefined

  constructor(scope: Construct, id: string, props: TaskSchedulerProps) {
    super(scope, id)
    const app = deployedApp(props)
    const { parallel = 1, memory = 1_024, table, queues, alarms } = props
    if (![1, 2, 4].includes(parallel))
      throw new DefinitionError(`scheduler: parallel: expected 1, 2 or 4, received ${parallel}.`)
    const functionName = `${app.prefix}-celeriac-tick`
    this.logGroup = new LogGroup(this, 'Logs', {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: props.logRetention ?? defaults.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `Sends what is due of ${app.prefix}`,
    })
    this.role.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [this.logGroup.logGroupArn],
      }),
    )
    this.function = workerFunction(
      this,
      props,
      defined({
        functionName,
        description: `Sends delayed tasks and releases schedules of ${app.prefix}, each minute`,
        handler: `index.${props.handler ?? 'handler'}`,
        runtime: defaults.runtime,
        architecture: props.architecture ?? defaults.architecture,
        memorySize: memory,
        timeout,
        role: this.role,
        recursiveLoop: RecursiveLoop.ALLOW,
        loggingFormat: LoggingFormat.JSON,
        systemLogLevelV2: SystemLogLevel.WARN,
        logGroup: this.logGroup,
        vpc: props.vpc,
        vpcSubnets: props.vpcSubnets,
        securityGroups: props.securityGroups && [...props.securityGroups],
        layers: props.layers && [...props.layers],
        environment: { NODE_OPTIONS: '--enable-source-maps', ...props.environment, ...clientEnvironment(this, app) },
      }),
    )
    table.grantTick(this.role)
    for (const queue of queues) queue.grantEnqueue(this.role)
    const shards = dueShards / parallel
    this.rule = new Rule(this, 'Rule', {
      ruleName: functionName,
      description: `Wakes the tick of ${app.prefix}`,
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: Array.from(
        { length: parallel },
        (_, index) =>
          new FunctionTarget(this.function, {
            event: RuleTargetInput.fromObject({ celeriac: 'tick', shards: [index * shards, (index + 1) * shards] }),
            // The next minute is the retry.
            retryAttempts: 0,
            maxEventAge: Duration.minutes(1),
          }),
      ),
    })
    // No tick may come before there is a table, nor after it.
    this.rule.node.addDependency(this.role, table)
    if (alarms === false) return
    this.silent = this.#alarm('Silent', {
      alarmName: `${functionName}-silent`,
      alarmDescription: `The tick of ${app.prefix} has not run for ${silence.toHumanString()}: delayed tasks and schedules wait.`,
      metric: this.function.metricInvocations({ period: silence, statistic: 'Sum' }),
      threshold: 1,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.BREACHING,
      actions: alarms?.actions,
    })
    this.errors = this.#alarm('Errors', {
      alarmName: `${functionName}-errors`,
      alarmDescription: `The tick of ${app.prefix} fails: delayed tasks and schedules may be late. See its log.`,
      metric: this.function.metricErrors({ period: silence, statistic: 'Sum' }),
      threshold: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      actions: alarms?.actions,
    })
  }

  #alarm(
    id: string,
    {
      actions = [],
      ...settings
    }: Omit<ConstructorParameters<typeof Alarm>[2], 'evaluationPeriods'> & {
      readonly actions?: readonly IAlarmAction[] | undefined
    },
  ): Alarm {
    const alarm = new Alarm(this, id, { ...settings, evaluationPeriods: 1 })
    alarm.addAlarmAction(...actions)
    return alarm
  }
}
