import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { Annotations, attachCustomSynthesis, CfnDeletionPolicy, type CfnResource, Stack, Token } from 'aws-cdk-lib'
import type { Construct, IConstruct } from 'constructs'
import { table as schema } from '../shared/core/table.ts'
import {
  collision,
  emptyManifest,
  knownApp,
  type Manifest,
  type ManifestApp,
  parseManifest,
  printManifest,
  refusals,
  withApp,
} from './manifest.ts'
import type { TaskQueue } from './task-queue.ts'
import type { TaskTable } from './task-table.ts'

export interface ManifestFileOptions {
  /** Relative to the folder that `cdk` is called in. */
  readonly file: string
  readonly prefix: string
  readonly table: TaskTable
  readonly queues: readonly TaskQueue[]
  /** Whether synth may write the file. */
  readonly write: boolean
  /** Whether synth says that the file is behind. */
  readonly warn: boolean
}

/** Makes synth compare the app's names with the manifest, refuse what would leave a backlog behind, and write down what is new. */
export function keepManifest(scope: Construct, options: ManifestFileOptions): void {
  const { file, prefix } = options
  const others = constructsOf(scope)
  others.push({ scope, options })
  scope.node.addValidation({
    validate() {
      if (!isLasting(options)) return []
      const now = manifestApp(scope, options)
      if (options.warn) warnWhenBehind(scope, options, now)
      const apps = others.filter(lasting).map((other) => manifestApp(other.scope, other.options))
      return [
        ...collision(prefix, now, apps),
        ...refusals(
          readManifest(file),
          prefix,
          now,
          file,
          apps.map(({ path }) => path),
        ),
      ]
    },
  })
  // After the validation of the whole tree: a refused change is never written down.
  attachCustomSynthesis(scope, {
    onSynthesize() {
      if (!options.write || !isLasting(options)) return
      const manifest = readManifest(file)
      const paths = others.filter(lasting).map((other) => other.scope.node.path)
      const next = printManifest(withApp(manifest, prefix, manifestApp(scope, options), paths))
      if (next !== printManifest(manifest)) writeFileSync(file, next)
    },
  })
}

interface Kept {
  readonly scope: Construct
  readonly options: ManifestFileOptions
}

/** Of each CDK app, those that keep a manifest: two of them with the same prefix are two copies, not one that moved. */
const kept = new WeakMap<IConstruct, Kept[]>()

function constructsOf(scope: Construct): Kept[] {
  const { root } = scope.node
  const found = kept.get(root) ?? []
  kept.set(root, found)
  return found
}

const lasting = ({ options }: Kept) => isLasting(options)

/** A copy that is thrown away is not remembered. What the policy is in the end: `RemovalPolicies.of(stack).destroy()` comes after the construct. */
function isLasting({ table, queues }: ManifestFileOptions): boolean {
  return [table.table, ...queues.flatMap(({ queue, deadLetters }) => [queue, deadLetters])].some((construct) => {
    const { deletionPolicy } = (construct.node.defaultChild as CfnResource).cfnOptions
    return deletionPolicy !== undefined && deletionPolicy !== CfnDeletionPolicy.DELETE
  })
}

/** Says in CI, where nobody would commit a written file, that it is behind. */
function warnWhenBehind(scope: Construct, options: ManifestFileOptions, now: ManifestApp): void {
  const known = knownApp(readManifest(options.file), options.prefix, now)?.app.queues ?? {}
  const missing = options.queues.map(({ name }) => name).filter((name) => !Object.hasOwn(known, name))
  if (missing.length > 0) {
    Annotations.of(scope).addWarningV2(
      'celeriac:manifest',
      `${options.file} does not know ${missing.join(', ')} of ${options.prefix}. Run 'cdk synth' at your desk and commit it.`,
    )
  }
}

function readManifest(file: string): Manifest {
  return existsSync(file) ? parseManifest(readFileSync(file, 'utf8'), file) : emptyManifest
}

function manifestApp(scope: Construct, { prefix, table, queues }: ManifestFileOptions): ManifestApp {
  const { account, region } = Stack.of(scope)
  return {
    prefix,
    ...(!Token.isUnresolved(account) && { account }),
    ...(!Token.isUnresolved(region) && { region }),
    stack: nameOf(Stack.of(scope)),
    path: scope.node.path,
    table: {
      name: table.tableName,
      logicalId: logicalIdOf(table.table),
      keys: [schema.partitionKey, schema.sortKey],
      indexes: Object.fromEntries(
        [schema.timeIndex, schema.failureIndex].map(({ name, partitionKey, sortKey, projected }) => [
          name,
          `${partitionKey}+${sortKey}: ${projected.join(', ')}`,
        ]),
      ),
    },
    queues: Object.fromEntries(
      queues.map(({ name, deployed, queue, deadLetters }) => [
        name,
        {
          name: deployed.queueName,
          logicalId: logicalIdOf(queue),
          deadLogicalId: logicalIdOf(deadLetters),
          kind: queue.fifo ? ('fifo' as const) : ('standard' as const),
        },
      ]),
    ),
  }
}

/** A nested stack's own name is known to CloudFormation only. */
function nameOf(stack: Stack): string {
  const { nestedStackParent: parent, nestedStackResource: resource } = stack
  if (parent === undefined || resource === undefined) return stack.stackName
  return `${nameOf(parent)}/${String(parent.resolve((resource as CfnResource).logicalId))}`
}

function logicalIdOf(construct: IConstruct): string {
  const resource = construct.node.defaultChild as CfnResource
  return String(Stack.of(construct).resolve(resource.logicalId))
}
