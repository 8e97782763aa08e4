import { DefinitionError } from './errors.ts'

/**
 * Refuses options that do not exist: a misspelt option would silently leave the default in force.
 *
 * @param owner the owner of the options, for the message: `task 'a': retry`
 * @param options the options; undefined and null pass
 * @throws {DefinitionError} naming the unknown option and the known ones
 */
export function checkKeys(owner: string, options: unknown, known: readonly string[] | ReadonlySet<string>): void {
  if (options === undefined || options === null) return
  if (typeof options !== 'object' || Array.isArray(options)) {
    throw new DefinitionError(
      `${owner}: expected an object, received ${Array.isArray(options) ? 'a list' : typeof options}.`,
    )
  }
  const names = new Set(known)
  for (const option of Object.keys(options)) {
    if (!names.has(option))
      throw new DefinitionError(`${owner}: ${option}: no such option. Known: ${[...names].join(', ')}.`)
  }
}
