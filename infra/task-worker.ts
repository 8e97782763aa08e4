import { Duration, RemovalPolicy, Size } from 'aws-cdk-lib'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import {
  CfnEventSourceMapping,
  EventSourceMapping,
  type Function as LambdaFunction,
  LoggingFormat,
  MetricType,
  RecursiveLoop,
  SystemLogLevel,
  Tracing,
} from 'aws-cdk-lib/aws-lambda'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { longestFunctionMs } from '../shared/core/defaults.ts'
import { formatMs } from '../shared/core/duration.ts'
import { DefinitionError } from '../shared/core/errors.ts'
import { needsContainer } from '../shared/core/queue.ts'
import { acknowledge } from './acknowledge.ts'
import { clientEnvironment } from './client-environment.ts'
import * as defaults from './defaults.ts'
import { defined } from './defined.ts'
import { deployedApp, type TaskAppProps } from './task-app.ts'
import type { TaskQueue } from './task-queue.ts'
import type { TaskTable } from './task-table.ts'
import { workerFunction } from './worker-function.ts'
import type { WorkerCode, WorkerSettings } from './worker-settings.ts'

export interface TaskWorkerProps extends TaskAppProps, WorkerCode, WorkerSettings {
  /** The queue whose tasks it runs. */
  readonly queue: TaskQueue
  readonly table: TaskTable
  /** Other queues that its tasks may enqueue to. @default none beside its own */
  readonly enqueues?: readonly TaskQueue[]
}

/** The pollers that one mapping may have. The CDK's own check still ends at 2,000. */
const mostPollers = 10_000
const mostPollersTheCdkKnows = 2_000

/**
 * A Lambda function that runs the tasks of one queue, and the event source mapping that feeds it.
 *
 * @example
 * new TaskWorker(this, 'EmailsWorker', { app, queue: emails, table, entry: 'worker.ts' })
 */
export class TaskWorker extends Construct {
  readonly function: LambdaFunction
  readonly mapping: EventSourceMapping
  readonly role: Role
  readonly logGroup: LogGroup

  constructor(scope: Construct, id: string, props: TaskWorkerProps) {
    super(scope, id)
    const app = deployedApp(props)
    const { definition, functionName } = props.queue.deployed
    check(props)
    this.logGroup = new LogGroup(this, 'Logs', {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: props.logRetention ?? defaults.logRetention,
      // Logs go after two weeks anyway; a group that stayed would refuse the next deploy its name.
      removalPolicy: RemovalPolicy.DESTROY,
    })
    this.role = this.#role(props)
    this.function = workerFunction(
      this,
      props,
      defined({
        functionName,
        description: `Runs the tasks of queue '${props.queue.name}' of ${app.prefix}`,
        handler: `index.${props.handler ?? 'handler'}`,
        runtime: defaults.runtime,
        architecture: props.architecture ?? defaults.architecture,
        memorySize: definition.memoryMb,
        // A queue that containers work may have more; its function gets no messages.
        timeout: Duration.millis(Math.min(definition.timeoutMs, longestFunctionMs)),
        ephemeralStorageSize: props.temporaryStorage === undefined ? undefined : Size.mebibytes(props.temporaryStorage),
        reservedConcurrentExecutions: props.reservedConcurrency,
        role: this.role,
        // Retries, long delays and chains are messages that a worker sends to its own queue: Lambda would stop them after some 16 hops.
        recursiveLoop: RecursiveLoop.ALLOW,
        // Log lines are JSON already; Lambda's own START, END and REPORT of each invocation cost more than they tell.
        loggingFormat: LoggingFormat.JSON,
        systemLogLevelV2: SystemLogLevel.WARN,
        logGroup: this.logGroup,
        tracing: props.tracing,
        vpc: props.vpc,
        vpcSubnets: props.vpcSubnets,
        securityGroups: props.securityGroups && [...props.securityGroups],
        layers: props.layers && [...props.layers],
        environment: {
          NODE_OPTIONS: '--enable-source-maps',
          ...props.environment,
          ...clientEnvironment(this, app),
        },
      }),
    )
    this.mapping = this.#mapping(props)
    props.queue.grantWork(this.role)
    props.table.grantWork(this.role)
    for (const other of props.enqueues ?? []) if (other !== props.queue) other.grantEnqueue(this.role)
  }

  #role(props: TaskWorkerProps): Role {
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `Runs the tasks of ${props.queue.deployed.queueName}`,
    })
    // Instead of AWSLambdaBasicExecutionRole, which may write to every log group of the account.
    role.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [this.logGroup.logGroupArn],
      }),
    )
    if (props.vpc !== undefined) {
      role.addToPrincipalPolicy(new PolicyStatement({ actions: [...networkActions], resources: ['*'] }))
      acknowledge(
        role,
        'AwsSolutions-IAM5[Resource::*]',
        'Lambda attaches the function to the VPC in its name; these EC2 actions know no resource.',
      )
    }
    if (props.tracing !== undefined && props.tracing !== Tracing.DISABLED) {
      acknowledge(role, 'AwsSolutions-IAM5[Resource::*]', 'X-Ray knows no resource to send segments to.')
    }
    return role
  }

  #mapping({ queue, table, pollers, enabled }: TaskWorkerProps): EventSourceMapping {
    const { concurrency, batchSize, batchWindowMs } = queue.deployed.definition
    const mapping = new EventSourceMapping(
      this,
      'Mapping',
      defined({
        target: this.function,
        eventSourceArn: queue.queue.queueArn,
        batchSize,
        maxBatchingWindow: batchWindowMs === 0 ? undefined : Duration.millis(batchWindowMs),
        maxConcurrency: pollers === undefined ? concurrency : undefined,
        enabled: enabled ?? true,
        // Without it, what the worker reports as failed would be deleted.
        reportBatchItemFailures: true,
        metricsConfig: { metrics: [MetricType.EVENT_COUNT] },
        provisionedPollerConfig: pollers && {
          minimumPollers: pollers.min,
          maximumPollers: Math.min(pollers.max, mostPollersTheCdkKnows),
        },
      }),
    )
    if (pollers !== undefined && pollers.max > mostPollersTheCdkKnows) {
      const resource = mapping.node.defaultChild
      if (resource instanceof CfnEventSourceMapping)
        resource.addPropertyOverride('ProvisionedPollerConfig.MaximumPollers', pollers.max)
    }
    // Lambda tries the role when the mapping is made; and no message may come before there is a table, nor after it.
    mapping.node.addDependency(this.role, queue, table)
    return mapping
  }
}

/** What AWSLambdaVPCAccessExecutionRole allows beside logs. */
const networkActions = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
] as const

function check({ queue, entry, code, reservedConcurrency, pollers, enabled, environment = {} }: TaskWorkerProps): void {
  const { definition } = queue.deployed
  const { concurrency } = definition
  const at = (option: string) => `worker of queue '${queue.name}': ${option}`
  if ((entry === undefined) === (code === undefined)) {
    throw new DefinitionError(
      `${at('entry')}: expected one of entry (the file that exports the handler) and code (a bundle), received ${entry === undefined ? 'neither' : 'both'}.`,
    )
  }
  if (needsContainer(definition) && enabled !== false) {
    throw new DefinitionError(
      `${at('timeout')}: expected at most ${formatMs(longestFunctionMs)}, after which Lambda ends a function, received ${formatMs(definition.timeoutMs)}. ` +
        `Lower queues.${queue.name}.timeout in createApp(), or let only containers work it: set enabled: false for this queue, run 'celeriac worker -Q ${queue.name}' there, and give their role tasks.grantWork(role, '${queue.name}').`,
    )
  }
  const own = Object.keys(environment).find((name) => name.startsWith('CELERIAC_'))
  if (own !== undefined)
    throw new DefinitionError(
      `${at('environment')}: expected no CELERIAC_ variables, received ${own}. They are set from the app's names.`,
    )
  if (pollers !== undefined) {
    const { min, max } = pollers
    if (concurrency !== undefined) {
      throw new DefinitionError(
        `${at('pollers')}: expected a queue without concurrency, received one of ${concurrency}. Lambda takes one of the two: remove queues.${queue.name}.concurrency.`,
      )
    }
    if (!Number.isInteger(min) || !Number.isInteger(max) || min < 2 || min > 200 || max < min || max > mostPollers) {
      throw new DefinitionError(
        `${at('pollers')}: expected whole numbers, min from 2 to 200 and max from min to ${mostPollers}, received min ${min} and max ${max}.`,
      )
    }
  }
  if (reservedConcurrency !== undefined) {
    const least = Math.max(concurrency ?? 0, defaults.leastReservedConcurrency)
    if (concurrency === undefined || !Number.isInteger(reservedConcurrency) || reservedConcurrency < least) {
      throw new DefinitionError(
        `${at('reservedConcurrency')}: expected a queue with a concurrency and at least as many reserved (${concurrency === undefined ? 'this queue has none' : `at least ${least}`}), received ${reservedConcurrency}. Lambda would throttle what its pollers fetched, and the messages would go back unrun.`,
      )
    }
  }
}
