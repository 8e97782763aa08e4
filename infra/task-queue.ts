import { Arn, Duration, type RemovalPolicy, Stack } from 'aws-cdk-lib'
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { Queue, QueueEncryption, RedrivePermission } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { timesOf } from '../shared/core/app.ts'
import * as defaults from './defaults.ts'
import { defined } from './defined.ts'
import {
  actionsOn,
  enqueuePermissions,
  findQueuePermission,
  mappingPermissions,
  operatePermissions,
  type Permission,
  queueKeyActions,
  workPermissions,
} from './permissions.ts'
import { type DeployedQueue, deployedApp, deployedQueue, type TaskAppProps } from './task-app.ts'

/** Settings of a queue that the app object does not know. */
export interface TaskQueueSettings {
  /** Encrypts the queue and its dead letters. Costs KMS requests. @default SSE-SQS: encrypted by SQS, free */
  readonly encryptionKey?: IKey
  /** What becomes of the queue, with its backlog, when it leaves the stack. @default RETAIN */
  readonly removalPolicy?: RemovalPolicy
}

export interface TaskQueueProps extends TaskAppProps, TaskQueueSettings {
  /** One of the app's queues. */
  readonly queue: string
}

/**
 * An SQS queue of the app, its dead-letter queue, and the redrive policy between them.
 *
 * @example
 * const emails = new TaskQueue(this, 'Emails', { app, queue: 'emails' })
 */
export class TaskQueue extends Construct {
  /** The name in the app: `emails`. */
  readonly name: string
  /** The definition and the names at AWS. */
  readonly deployed: DeployedQueue
  readonly queue: Queue
  readonly deadLetters: Queue
  /** Seconds for which a received message is hidden. */
  readonly visibility: Duration
  readonly #key: IKey | undefined

  constructor(scope: Construct, id: string, props: TaskQueueProps) {
    super(scope, id)
    const app = deployedApp(props)
    const { queueName, deadQueueName } = deployedQueue(app, props.queue)
    const times = timesOf(app.definition, props.queue)
    this.name = props.queue
    this.deployed = deployedQueue(app, props.queue)
    this.visibility = Duration.millis(times.visibilityMs)
    this.#key = props.encryptionKey

    const shared = defined({
      encryption: props.encryptionKey === undefined ? QueueEncryption.SQS_MANAGED : QueueEncryption.KMS,
      encryptionMasterKey: props.encryptionKey,
      enforceSSL: true,
      removalPolicy: props.removalPolicy ?? defaults.removalPolicy,
      receiveMessageWaitTime: defaults.receiveWait,
    })
    this.deadLetters = new Queue(this, 'DeadLetters', {
      ...shared,
      queueName: deadQueueName,
      retentionPeriod: Duration.millis(times.deadRetentionMs),
      redriveAllowPolicy: {
        redrivePermission: RedrivePermission.BY_QUEUE,
        // By name: the queue names its dead-letter queue, so a reference back would be a circle.
        sourceQueues: [
          Queue.fromQueueArn(this, 'Source', Arn.format({ service: 'sqs', resource: queueName }, Stack.of(this))),
        ],
      },
    })
    this.queue = new Queue(this, 'Queue', {
      ...shared,
      queueName,
      retentionPeriod: Duration.millis(times.retentionMs),
      visibilityTimeout: this.visibility,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: times.maxReceiveCount },
    })
  }

  /** Send tasks. */
  grantEnqueue(grantee: IGrantable, options: { readonly findQueue?: boolean } = {}): Grant {
    const permissions = options.findQueue ? [...enqueuePermissions, findQueuePermission] : enqueuePermissions
    return this.#grant(grantee, permissions, queueKeyActions.send)
  }

  /** Run tasks: what the worker's code does, and what the event source mapping does in its name. */
  grantWork(grantee: IGrantable): Grant {
    return this.#grant(grantee, [...mappingPermissions, ...workPermissions], queueKeyActions.send)
  }

  /** Inspect and redrive. */
  grantOperate(grantee: IGrantable): Grant {
    return this.#grant(grantee, operatePermissions, queueKeyActions.send)
  }

  #grant(grantee: IGrantable, permissions: readonly Permission[], keyActions: readonly string[]): Grant {
    const { queueName, deadQueueName } = this.deployed
    const grants = [
      this.#allow(grantee, actionsOn('queue', permissions), queueName),
      this.#allow(grantee, actionsOn('dead', permissions), deadQueueName),
      ...(this.#key === undefined ? [] : [this.#key.grant(grantee, ...keyActions)]),
    ].filter((grant) => grant !== undefined)
    return grants.reduce((all, grant) => all.combine(grant))
  }

  /** By name, not by reference: a producer in another stack must not keep this one from changing. */
  #allow(grantee: IGrantable, actions: readonly string[], queueName: string): Grant | undefined {
    if (actions.length === 0) return undefined
    const arn = Arn.format({ service: 'sqs', resource: queueName }, Stack.of(this))
    return Grant.addToPrincipal({ grantee, actions: [...actions], resourceArns: [arn] })
  }
}
