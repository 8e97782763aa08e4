/**
 * The names that were given out to be deployed, kept in a file that is committed. Pure: reads nothing, writes nothing.
 *
 * CloudFormation knows a resource by its logical id, and SQS and DynamoDB by its name. When either changes, the new resource is empty, and the
 * backlog stays behind in the old one, or goes with it. The manifest lets synth say so before anything happens.
 */
export interface Manifest {
  readonly about: string
  /** By prefix: app name and stage. */
  readonly apps: Readonly<Record<string, ManifestApp>>
}

export interface ManifestApp {
  readonly stack: string
  /** The construct's path, so that a renamed app is recognised. */
  readonly path: string
  readonly table: ManifestTable
  readonly queues: Readonly<Record<string, ManifestQueue>>
}

export interface ManifestTable {
  readonly name: string
  readonly logicalId: string
  readonly keys: readonly string[]
  /** Index name → its keys and what it projects: `timeKey+timeSort: task, tenant`. */
  readonly indexes: Readonly<Record<string, string>>
}

export interface ManifestQueue {
  readonly name: string
  readonly logicalId: string
  readonly deadLogicalId: string
  readonly kind: 'standard' | 'fifo'
}

export const emptyManifest: Manifest = {
  about:
    'Names of queues and tables that may be deployed. `cdk synth` adds to it and refuses what would leave a backlog behind. Commit it.',
  apps: {},
}

/** @throws {Error} when the text is no manifest */
export function parseManifest(text: string, file: string): Manifest {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (error) {
    throw new Error(`${file}: expected JSON, received text that is none. Restore it from version control.`, {
      cause: error,
    })
  }
  if (typeof parsed !== 'object' || parsed === null || typeof (parsed as Manifest).apps !== 'object') {
    throw new Error(`${file}: expected an object with apps, received none. Restore it from version control.`)
  }
  return parsed as Manifest
}

export function printManifest(manifest: Manifest): string {
  return `${JSON.stringify(manifest, undefined, 2)}\n`
}

export function withApp(manifest: Manifest, prefix: string, app: ManifestApp): Manifest {
  const apps = Object.entries({ ...manifest.apps, [prefix]: app }).sort(([a], [b]) => (a < b ? -1 : 1))
  return { about: emptyManifest.about, apps: Object.fromEntries(apps) }
}

/**
 * What would leave tasks behind, each with what to do instead. Nothing: the change is safe.
 *
 * @param file its name, for the messages
 */
export function refusals(manifest: Manifest, prefix: string, now: ManifestApp, file: string): readonly string[] {
  const before = Object.hasOwn(manifest.apps, prefix) ? manifest.apps[prefix] : undefined
  if (before === undefined) return renamedApp(manifest, prefix, now, file)
  return [...changedTable(before, now, prefix, file), ...changedQueues(before, now, prefix, file)]
}

function renamedApp(manifest: Manifest, prefix: string, now: ManifestApp, file: string): readonly string[] {
  return Object.entries(manifest.apps)
    .filter(([, { stack, path }]) => stack === now.stack && path === now.path)
    .map(
      ([old]) =>
        `The app was '${old}' in stack ${now.stack} and is '${prefix}' now: all its queues and its table would be replaced by empty ones. ` +
        `Keep the name, or give the new one a stack of its own, let '${old}' run empty, then delete "apps.${old}" from ${file}.`,
    )
}

function changedTable(before: ManifestApp, now: ManifestApp, prefix: string, file: string): readonly string[] {
  const [old, next] = [before.table, now.table]
  const changes: string[] = []
  if (old.name !== next.name) changes.push(`its name changes from '${old.name}' to '${next.name}'`)
  if (old.keys.join() !== next.keys.join())
    changes.push(`its keys change from ${old.keys.join(', ')} to ${next.keys.join(', ')}`)
  if (moved(before.stack, old.logicalId, now.stack, next.logicalId))
    changes.push(
      `it moves from ${before.stack}/${old.logicalId} to ${now.stack}/${next.logicalId}, which is another resource to CloudFormation`,
    )
  const indexes = changedIndexes(old, next, prefix, file)
  return [
    ...indexes,
    ...changes.map(
      (change) =>
        `Table '${old.name}' would be replaced by an empty one: ${change}. All records, results and idempotency keys would stay behind. ` +
        `Keep the construct where it was (or move it with 'cdk refactor'). If it is meant, let all queues run empty first, then delete "apps.${prefix}" from ${file}.`,
    ),
  ]
}

/** Projections cannot be updated: CloudFormation would make another index, without what the records of today have. */
function changedIndexes(old: ManifestTable, next: ManifestTable, prefix: string, file: string): readonly string[] {
  return Object.entries(old.indexes)
    .filter(([name, shape]) => next.indexes[name] !== shape)
    .map(
      ([name, shape]) =>
        `Index '${name}' of table '${old.name}' would be replaced by one that misses the records of today: it changes from ${shape} to ${next.indexes[name] ?? 'none'}. ` +
        `Keep the version of celeriac that deployed it, or read its release notes for the backfill, then delete "apps.${prefix}.table.indexes.${name}" from ${file}.`,
    )
}

function changedQueues(before: ManifestApp, now: ManifestApp, prefix: string, file: string): readonly string[] {
  const added = Object.keys(now.queues).filter((queue) => !Object.hasOwn(before.queues, queue))
  return Object.entries(before.queues).flatMap(([queue, old]) => {
    const next = Object.hasOwn(now.queues, queue) ? now.queues[queue] : undefined
    const entry = `"apps.${prefix}.queues.${queue}" from ${file}`
    if (next === undefined) {
      const renamed =
        added.length === 0 ? '' : ` (If '${added.join("', '")}' is its new name: to SQS that is another queue.)`
      return [
        `Queue '${queue}' is no longer in the app, but '${old.name}' may hold tasks, and nobody would run them.${renamed} ` +
          `Drain it first: keep '${queue}' in createApp's queues, route its tasks elsewhere, deploy; wait until 'celeriac inspect queues' shows nothing waiting, in flight, delayed or dead; ` +
          `then remove it, delete ${entry}, and deploy.`,
      ]
    }
    const changes: string[] = []
    if (old.name !== next.name) changes.push(`its name changes from '${old.name}' to '${next.name}'`)
    if (old.kind !== next.kind) changes.push(`its kind changes from ${old.kind} to ${next.kind}`)
    if (moved(before.stack, old.logicalId, now.stack, next.logicalId))
      changes.push(
        `it moves from ${before.stack}/${old.logicalId} to ${now.stack}/${next.logicalId}, which is another resource to CloudFormation`,
      )
    else if (old.deadLogicalId !== next.deadLogicalId)
      changes.push(`its dead-letter queue moves from ${old.deadLogicalId} to ${next.deadLogicalId}`)
    return changes.map(
      (change) =>
        `Queue '${queue}' ('${old.name}') would be replaced by an empty one: ${change}. ` +
        `Keep the construct where it was, or add a new queue beside it, route its tasks there, let the old one run empty, then remove it and delete ${entry}.`,
    )
  })
}

function moved(oldStack: string, oldId: string, stack: string, id: string): boolean {
  return oldStack !== stack || oldId !== id
}
