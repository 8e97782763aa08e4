import type { AttributeValue, Item } from '../attribute-value.ts'
import { validation } from '../errors.ts'
import type { Condition, Parsed, Path, UpdateAction } from './ast.ts'
import { Binder } from './bind.ts'
import { parseCondition } from './parse-condition.ts'
import { parseProjection } from './parse-projection.ts'
import { parseUpdate } from './parse-update.ts'
import { checkPaths } from './paths.ts'
import type { Placeholders } from './placeholders.ts'
import { Recent } from './recent.ts'

export type BoundCondition = Condition<AttributeValue>
export type BoundAction = UpdateAction<AttributeValue>

const REMEMBERED = 1_000
const conditions = new Recent<Parsed<Condition<string>>>(REMEMBERED)
const updates = new Recent<Parsed<readonly UpdateAction<string>[]>>(REMEMBERED)
const projections = new Recent<Parsed<readonly Path[]>>(REMEMBERED)

/** @param what the parameter the text came in */
export function conditionOf(
  text: string | undefined,
  placeholders: Placeholders,
  what: string,
): BoundCondition | undefined {
  if (text === undefined) return undefined
  const parsed = conditions.get(`${what} ${text}`, () => parseCondition(text, what))
  return new Binder(placeholders.sourceFor(what)).condition(allowed(parsed, what))
}

export function updateOf(text: string | undefined, placeholders: Placeholders): readonly BoundAction[] {
  if (text === undefined) return []
  const what = 'UpdateExpression'
  const binder = new Binder(placeholders.sourceFor(what))
  const actions = allowed(
    updates.get(text, () => parseUpdate(text)),
    what,
  ).map((action) => binder.action(action))
  checkPaths(
    actions.map(({ path }) => path),
    what,
  )
  return actions
}

export function projectionOf(text: string | undefined, placeholders: Placeholders): readonly Path[] | undefined {
  if (text === undefined) return undefined
  const what = 'ProjectionExpression'
  const binder = new Binder(placeholders.sourceFor(what))
  const paths = allowed(
    projections.get(text, () => parseProjection(text)),
    what,
  ).map((path) => binder.path(path))
  checkPaths(paths, what)
  return paths
}

function allowed<Tree>({ tree, reserved }: Parsed<Tree>, what: string): Tree {
  if (reserved === undefined) return tree
  throw validation(`Invalid ${what}: Attribute name is a reserved keyword; reserved keyword: ${reserved}`)
}

/** The names of the top-level attributes that a condition looks at. */
export function attributesIn(condition: BoundCondition): Set<string> {
  const names = new Set<string>()
  const look = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return
    if (Array.isArray(part)) {
      for (const each of part) look(each)
      return
    }
    const node = part as { kind?: unknown; path?: Path }
    if (node.kind === 'path') names.add(String(node.path?.[0]))
    else if (node.kind !== 'value') for (const each of Object.values(node)) look(each)
  }
  look(condition)
  return names
}

export { applyUpdate } from './apply-update.ts'
export { holds } from './evaluate.ts'
export { Placeholders } from './placeholders.ts'
export { project } from './project.ts'
export type { Item, Path }
