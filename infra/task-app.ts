import type { AppDefinition } from '../shared/core/app.ts'
import { DefinitionError } from '../shared/core/errors.ts'
import { checkAppName, checkQueueName, deadQueueName, prefixOf, queueName, tableName } from '../shared/core/names.ts'
import type { QueueDefinition } from '../shared/core/queue.ts'

/** The app object: what `createApp()` gives, or its definition. */
export type TaskApp = AppDefinition | { readonly definition: AppDefinition }

export function definitionOf(app: TaskApp): AppDefinition {
  return 'definition' in app ? app.definition : app
}

/** Which app, and which copy of it. */
export interface TaskAppProps {
  readonly app: TaskApp
  /**
   * Lets copies live side by side in one account: `dev`, `pr-42`. Deployed functions read CELERIAC_PREFIX, so the app's code
   * does not need to know its stage.
   *
   * @default the app's own
   */
  readonly stage?: string | undefined
}

/** An app as it is deployed: its definition under the names that it gets at AWS. */
export interface DeployedApp {
  readonly definition: AppDefinition
  /** `<name>` or `<name>-<stage>`: what all names begin with. */
  readonly prefix: string
  readonly tableName: string
  readonly parameterName: string
}

/** @throws {DefinitionError} when a name would not fit with this stage */
export function deployedApp({ app, stage }: TaskAppProps): DeployedApp {
  const definition = definitionOf(app)
  if (stage !== undefined) checkAppName(stage, 'stage')
  const prefix = stage === undefined ? definition.prefix : prefixOf(definition.name, stage)
  for (const queue of Object.keys(definition.queues)) checkQueueName(prefix, queue)
  return { definition, prefix, tableName: tableName(prefix), parameterName: `/celeriac/${prefix}` }
}

/** A queue of the app with the names that it gets at AWS. */
export interface DeployedQueue {
  readonly definition: QueueDefinition
  readonly queueName: string
  readonly deadQueueName: string
  readonly functionName: string
}

/** @throws {DefinitionError} when the app has no such queue */
export function deployedQueue({ definition, prefix }: DeployedApp, queue: string): DeployedQueue {
  const found = Object.hasOwn(definition.queues, queue) ? definition.queues[queue] : undefined
  if (found === undefined) {
    throw new DefinitionError(
      `queue: expected one of ${Object.keys(definition.queues).join(', ')}, received '${queue}'. Queues are defined in createApp().`,
    )
  }
  return {
    definition: found,
    queueName: queueName(prefix, queue),
    deadQueueName: deadQueueName(prefix, queue),
    functionName: functionName(queueName(prefix, queue)),
  }
}

/** Lambda: at most 64 characters, where SQS takes 80. Longer names are cut and told apart by a hash of the whole. */
const longestFunctionName = 64

function functionName(name: string): string {
  if (name.length <= longestFunctionName) return name
  const hash = shortHash(name)
  return `${name.slice(0, longestFunctionName - hash.length - 1)}-${hash}`
}

/** FNV-1a, 32 bits, in hex: enough to tell a few queues of one app apart. */
function shortHash(text: string): string {
  let hash = 0x811c9dc5
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}
