import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { Annotations, attachCustomSynthesis, type CfnResource, Stack } from 'aws-cdk-lib'
import type { Construct, IConstruct } from 'constructs'
import { table as schema } from '../shared/core/table.ts'
import {
  emptyManifest,
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
}

/** Makes synth compare the app's names with the manifest, refuse what would leave a backlog behind, and write down what is new. */
export function keepManifest(scope: Construct, options: ManifestFileOptions): void {
  const { file, prefix } = options
  scope.node.addValidation({
    validate: () => [...refusals(readManifest(file), prefix, manifestApp(scope, options), file)],
  })
  // After the validation of the whole tree: a refused change is never written down.
  attachCustomSynthesis(scope, {
    onSynthesize() {
      if (!options.write) return
      const manifest = readManifest(file)
      const next = printManifest(withApp(manifest, prefix, manifestApp(scope, options)))
      if (next !== printManifest(manifest)) writeFileSync(file, next)
    },
  })
}

/** Says in CI, where nobody would commit a written file, that it is behind. */
export function warnWhenBehind(scope: Construct, options: ManifestFileOptions): void {
  const known = readManifest(options.file).apps[options.prefix]?.queues ?? {}
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

function manifestApp(scope: Construct, { table, queues }: ManifestFileOptions): ManifestApp {
  return {
    stack: Stack.of(scope).stackName,
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

function logicalIdOf(construct: IConstruct): string {
  const resource = construct.node.defaultChild as CfnResource
  return String(Stack.of(construct).resolve(resource.logicalId))
}
