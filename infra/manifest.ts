/**
 * The names that were given out to be deployed, kept in a file that is committed. Pure: reads nothing, writes nothing.
 *
 * CloudFormation knows a resource by its logical id, and SQS and DynamoDB by its name. When either changes, the new resource is empty, and the
 * backlog stays behind in the old one, or goes with it. The manifest lets synth say so before anything happens.
 */
export interface Manifest {
  readonly about: string
  /** By prefix (app name and stage), with what tells copies in other accounts, regions and places apart. */
  readonly apps: Readonly<Record<string, ManifestApp>>
}

export interface ManifestApp {
  /** App name and stage. Files of earlier versions have it as the key only. */
  readonly prefix?: string
  /** Absent where the stack does not say: it may go anywhere. */
  readonly account?: string
  readonly region?: string
  readonly stack: string
  /** The construct's path, so that a renamed app is recognised, and copies in one CDK app are told apart. */
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

/** @param paths of all constructs of the CDK app that have a manifest */
export function withApp(
  manifest: Manifest,
  prefix: string,
  app: ManifestApp,
  paths: readonly string[] = [app.path],
): Manifest {
  const key = knownApp(manifest, prefix, app, paths)?.key ?? freeKey(manifest, prefix, app)
  const apps = Object.entries({ ...manifest.apps, [key]: { prefix, ...app } }).sort(([a], [b]) => (a < b ? -1 : 1))
  return { about: emptyManifest.about, apps: Object.fromEntries(apps) }
}

/** The prefix alone where it is free and says enough. */
function freeKey({ apps }: Manifest, prefix: string, { account, region, path }: ManifestApp): string {
  const place = [account, region].filter((part) => part !== undefined).join('/')
  const key = place === '' ? prefix : `${prefix}@${place}`
  return Object.hasOwn(apps, key) ? `${key}#${path}` : key
}

/**
 * What the manifest knows of an app: the entry of the same prefix, account, region and path. An entry of another path is the same app, moved, unless a construct is
 * still there.
 *
 * @param paths of all constructs of the CDK app that have a manifest
 */
export function knownApp(
  { apps }: Manifest,
  prefix: string,
  now: ManifestApp,
  paths: readonly string[] = [now.path],
): { readonly key: string; readonly app: ManifestApp } | undefined {
  const candidates = Object.entries(apps)
    .map(([key, app]) => ({ key, app }))
    .filter(({ key, app }) => (app.prefix ?? key) === prefix && mayBeSamePlace(app, now))
  return (
    candidates.find(({ app }) => app.path === now.path && isSamePlace(app, now)) ??
    candidates.find(({ app }) => app.path === now.path) ??
    candidates.find(({ app }) => !paths.includes(app.path))
  )
}

type Place = Pick<ManifestApp, 'account' | 'region'>

function isSamePlace(one: Place, other: Place): boolean {
  return one.account === other.account && one.region === other.region
}

/** A stack that does not say its account or region may be in any. */
function mayBeSamePlace(one: Place, other: Place): boolean {
  const agree = (a: string | undefined, b: string | undefined) => a === undefined || b === undefined || a === b
  return agree(one.account, other.account) && agree(one.region, other.region)
}

/**
 * What would leave tasks behind, each with what to do instead. Nothing: the change is safe.
 *
 * @param file its name, for the messages
 * @param paths of all constructs of the CDK app that have a manifest
 */
export function refusals(
  manifest: Manifest,
  prefix: string,
  now: ManifestApp,
  file: string,
  paths: readonly string[] = [now.path],
): readonly string[] {
  const known = knownApp(manifest, prefix, now, paths)
  if (known === undefined) return renamedApp(manifest, prefix, now, file)
  const { key, app: before } = known
  return [...changedTable(before, now, key, file), ...changedQueues(before, now, key, file)]
}

/** Copies in one CDK app whose queues and tables would have the same names at the same place. */
export function collision(prefix: string, now: ManifestApp, others: readonly ManifestApp[]): readonly string[] {
  const isSame = (other: ManifestApp) =>
    other.stack === now.stack || (now.account !== undefined && now.region !== undefined && isSamePlace(other, now))
  return others
    .filter((other) => other.prefix === prefix && other.path !== now.path && isSame(other))
    .map(
      ({ path }) =>
        `'${path}' and '${now.path}' would both make queues and a table of app '${prefix}' ${other(now)}. Give one of them a stage, or another account or region.`,
    )
}

function other({ account, region, stack }: ManifestApp): string {
  return account !== undefined && region !== undefined ? `in account ${account}, region ${region}` : `in stack ${stack}`
}

function renamedApp(manifest: Manifest, prefix: string, now: ManifestApp, file: string): readonly string[] {
  return Object.entries(manifest.apps)
    .filter(([key, app]) => (app.prefix ?? key) !== prefix && app.stack === now.stack && app.path === now.path)
    .filter(([, app]) => mayBeSamePlace(app, now))
    .map(
      ([key, { prefix: old = key }]) =>
        `The app was '${old}' in stack ${now.stack} and is '${prefix}' now: all its queues and its table would be replaced by empty ones. ` +
        `Keep the name, or give the new one a stack of its own, let '${old}' run empty, then delete "apps.${key}" from ${file}.`,
    )
}

function changedTable(before: ManifestApp, now: ManifestApp, key: string, file: string): readonly string[] {
  const [old, next] = [before.table, now.table]
  const changes: string[] = []
  if (old.name !== next.name) changes.push(`its name changes from '${old.name}' to '${next.name}'`)
  if (old.keys.join() !== next.keys.join())
    changes.push(`its keys change from ${old.keys.join(', ')} to ${next.keys.join(', ')}`)
  if (moved(before.stack, old.logicalId, now.stack, next.logicalId))
    changes.push(
      `it moves from ${before.stack}/${old.logicalId} to ${now.stack}/${next.logicalId}, which is another resource to CloudFormation`,
    )
  const indexes = changedIndexes(old, next, key, file)
  return [
    ...indexes,
    ...changes.map(
      (change) =>
        `Table '${old.name}' would be replaced by an empty one: ${change}. All records, results and idempotency keys would stay behind. ` +
        `Keep the construct where it was (or move it with 'cdk refactor'). If it is meant, let all queues run empty first, then delete "apps.${key}" from ${file}.`,
    ),
  ]
}

/** Projections cannot be updated: CloudFormation would make another index, without what the records of today have. */
function changedIndexes(old: ManifestTable, next: ManifestTable, key: string, file: string): readonly string[] {
  return Object.entries(old.indexes)
    .filter(([name, shape]) => next.indexes[name] !== shape)
    .map(
      ([name, shape]) =>
        `Index '${name}' of table '${old.name}' would be replaced by one that misses the records of today: it changes from ${shape} to ${next.indexes[name] ?? 'none'}. ` +
        `Keep the version of celeriac that deployed it, or read its release notes for the backfill, then delete "apps.${key}.table.indexes.${name}" from ${file}.`,
    )
}

function changedQueues(before: ManifestApp, now: ManifestApp, key: string, file: string): readonly string[] {
  const added = Object.keys(now.queues).filter((queue) => !Object.hasOwn(before.queues, queue))
  return Object.entries(before.queues).flatMap(([queue, old]) => {
    const next = Object.hasOwn(now.queues, queue) ? now.queues[queue] : undefined
    const entry = `"apps.${key}.queues.${queue}" from ${file}`
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
