import { Arn, CfnDeletionPolicy, CfnResource, Lazy, type RemovalPolicy, Stack, Token } from 'aws-cdk-lib'
import { AttributeType, Billing, ProjectionType, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { Construct } from 'constructs'
import { DefinitionError } from '../shared/core/errors.ts'
import { table as schema } from '../shared/core/table.ts'
import { acknowledgeFor } from './acknowledge.ts'
import * as defaults from './defaults.ts'
import { defined } from './defined.ts'
import {
  actionsOn,
  enqueuePermissions,
  operatePermissions,
  type Permission,
  resultsPermissions,
  tableKeyActions,
  tickPermissions,
  workPermissions,
} from './permissions.ts'
import { deployedApp, type TaskAppProps } from './task-app.ts'

/** Settings of the table. */
export interface TaskTableSettings {
  /** Encrypts the table. Costs KMS requests. @default a key of DynamoDB's own, free */
  readonly encryptionKey?: IKey
  /** What becomes of the table, with all results, when it leaves the stack. @default RETAIN */
  readonly removalPolicy?: RemovalPolicy
  /** Restore the table as it was at any second of the last 35 days. Costs $0.20 per GB and month. @default true */
  readonly pointInTimeRecovery?: boolean
}

export interface TaskTableProps extends TaskAppProps, TaskTableSettings {}

/**
 * The one table of an app: records, inputs, control and statistics. On demand: it costs nothing while idle and needs no capacity planned.
 *
 * @example
 * const table = new TaskTable(this, 'Table', { app })
 */
export class TaskTable extends Construct {
  readonly table: TableV2
  readonly tableName: string
  readonly #key: IKey | undefined

  constructor(scope: Construct, id: string, props: TaskTableProps) {
    super(scope, id)
    this.tableName = deployedApp(props).tableName
    this.#key = props.encryptionKey
    if (props.encryptionKey !== undefined && Token.isUnresolved(Stack.of(this).region)) {
      throw new DefinitionError(
        'encryptionKey: expected a stack that knows its region, received one without. CloudFormation wants the key for each region of a table: give the stack env: { region }.',
      )
    }
    this.table = new TableV2(
      this,
      'Table',
      defined({
        tableName: this.tableName,
        ...keys(schema),
        timeToLiveAttribute: schema.ttl,
        billing: Billing.onDemand(),
        globalSecondaryIndexes: [schema.timeIndex, schema.failureIndex].map((index) => ({
          indexName: index.name,
          ...keys(index),
          projectionType: ProjectionType.INCLUDE,
          nonKeyAttributes: [...index.projected],
        })),
        pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: props.pointInTimeRecovery ?? true },
        encryption: props.encryptionKey && TableEncryptionV2.customerManagedKey(props.encryptionKey),
        removalPolicy: props.removalPolicy ?? defaults.removalPolicy,
      }),
    )
    protectWhileRetained(this.table)
  }

  /** What enqueuing reads and writes. */
  grantEnqueue(grantee: IGrantable): Grant {
    return this.#grant(grantee, enqueuePermissions, 'write')
  }

  /** Read results and records. */
  grantResults(grantee: IGrantable): Grant {
    return this.#grant(grantee, resultsPermissions, 'read')
  }

  /** What running tasks reads and writes. */
  grantWork(grantee: IGrantable): Grant {
    return this.#grant(grantee, workPermissions, 'write')
  }

  /** What the tick reads and writes. */
  grantTick(grantee: IGrantable): Grant {
    return this.#grant(grantee, tickPermissions, 'write')
  }

  /** List, inspect, pause, revoke, reconcile. */
  grantOperate(grantee: IGrantable): Grant {
    return this.#grant(grantee, operatePermissions, 'write')
  }

  #grant(grantee: IGrantable, permissions: readonly Permission[], use: 'read' | 'write'): Grant {
    const onTable = this.#allow(grantee, actionsOn('table', permissions), [this.#arn()])
    const onIndexes = this.#allow(
      grantee,
      actionsOn('indexes', permissions),
      [schema.timeIndex.name, schema.failureIndex.name].map((index) => this.#arn(`index/${index}`)),
    )
    const onKey = this.#key && this.#grantKey(this.#key, grantee, use)
    return [onTable, onIndexes, onKey].filter((grant) => grant !== undefined).reduce((all, grant) => all.combine(grant))
  }

  #grantKey(key: IKey, grantee: IGrantable, use: 'read' | 'write'): Grant {
    const actions = use === 'read' ? tableKeyActions.read : [...tableKeyActions.read, ...tableKeyActions.write]
    for (const action of actions.filter((each) => each.endsWith('*'))) {
      acknowledgeFor(
        grantee,
        `AwsSolutions-IAM5[Action::${action}]`,
        'DynamoDB documents these families of KMS actions for customer managed keys; the key is one key.',
      )
    }
    return key.grant(grantee, ...actions)
  }

  #allow(grantee: IGrantable, actions: readonly string[], resourceArns: string[]): Grant | undefined {
    return actions.length === 0 ? undefined : Grant.addToPrincipal({ grantee, actions: [...actions], resourceArns })
  }

  /** By name, not by reference: a producer in another stack must not keep this one from changing. */
  #arn(below?: string): string {
    const resourceName = below === undefined ? this.tableName : `${this.tableName}/${below}`
    return Arn.format({ service: 'dynamodb', resource: 'table', resourceName }, Stack.of(this))
  }
}

/**
 * What survives its stack must also survive a slip in the console. The policy is read when the template is written: `RemovalPolicies.of(stack).destroy()` and
 * `table.applyRemovalPolicy()` come after the table. A protected table with the policy Delete would stop `cdk destroy`; RetainExceptOnCreate must be able
 * to delete the table of a deployment that failed.
 */
function protectWhileRetained(table: TableV2): void {
  const resource = table.node.defaultChild
  if (!CfnResource.isCfnResource(resource)) return
  resource.addPropertyOverride(
    'Replicas.0.DeletionProtectionEnabled',
    Lazy.any({ produce: () => resource.cfnOptions.deletionPolicy === CfnDeletionPolicy.RETAIN }),
  )
}

function keys(of: { readonly partitionKey: string; readonly sortKey: string }) {
  return {
    partitionKey: { name: of.partitionKey, type: AttributeType.STRING },
    sortKey: { name: of.sortKey, type: AttributeType.STRING },
  }
}
