import { type DynamoDbError, validation } from '../errors.ts'
import { type Path, pathText } from './ast.ts'

/**
 * Checks that no path is another, or a part of another.
 *
 * @throws DynamoDbError that names the two
 */
export function checkPaths(paths: readonly Path[], what: string): void {
  if (paths.length < 2) return
  if (paths.every(({ length }) => length === 1)) {
    const seen = new Set<string | number | undefined>()
    for (const path of paths) {
      if (seen.has(path[0])) throw overlap(path, path, what)
      seen.add(path[0])
    }
    return
  }
  for (const [index, second] of paths.entries()) {
    for (let other = 0; other < index; other += 1) {
      const first = paths[other] as Path
      const common = commonLength(first, second)
      if (common === first.length || common === second.length) throw overlap(first, second, what)
      if (typeof first[common] !== typeof second[common]) {
        throw validation(
          `Invalid ${what}: Two document paths conflict with each other; must remove or rewrite one of these paths; path one: ${pathText(first)}, path two: ${pathText(second)}`,
        )
      }
    }
  }
}

function commonLength(a: Path, b: Path): number {
  let length = 0
  while (length < a.length && length < b.length && a[length] === b[length]) length += 1
  return length
}

function overlap(first: Path, second: Path, what: string): DynamoDbError {
  return validation(
    `Invalid ${what}: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: ${pathText(first)}, path two: ${pathText(second)}`,
  )
}
