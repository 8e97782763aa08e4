import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { UsageError } from '../failure.ts'

/** What a project's package.json needs. */
export interface PackageNeeds {
  readonly name: string
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

export interface PackageReport {
  readonly created: boolean
  /** Entries that were added, such as `scripts.dev`. */
  readonly added: readonly string[]
  /** Entries that say something else, and were left alone. */
  readonly left: readonly string[]
  /** What each script is called here: a name that was taken gets a prefix. */
  readonly scripts: Readonly<Record<string, string>>
}

/** Prefix for a script whose name is taken. */
const takenPrefix = 'tasks:'

type Entries = Record<string, string>

interface PackageJson {
  type?: string
  scripts?: Entries
  dependencies?: Entries
  devDependencies?: Entries
  [other: string]: unknown
}

/** The default script of `npm init -y`: it may be replaced. */
const placeholderTest = 'echo "Error: no test specified" && exit 1'

/**
 * Makes package.json, or adds missing entries to an existing one. Existing entries, their order and the indentation stay.
 *
 * @throws {UsageError} it cannot be read
 */
export function completePackage(path: string, needs: PackageNeeds): PackageReport {
  if (!existsSync(path)) {
    const { name, ...rest } = needs
    writePackage(path, { name, private: true, type: 'module', ...rest }, '  ')
    const scripts = Object.fromEntries(Object.keys(needs.scripts).map((name) => [name, name]))
    return { created: true, added: [], left: [], scripts }
  }
  const { content, indent } = readPackage(path)
  const added: string[] = []
  const left: string[] = []
  const scripts: Record<string, string> = {}
  const installed = { ...content.dependencies, ...content.devDependencies }
  for (const group of ['scripts', 'dependencies', 'devDependencies'] as const) {
    const present: Entries = group === 'scripts' ? { ...content.scripts } : installed
    const next: Entries = { ...content[group] }
    for (const [wanted, value] of Object.entries(needs[group])) {
      const isFree = (name: string): boolean =>
        present[name] === undefined || present[name] === value || present[name] === placeholderTest
      const name = group !== 'scripts' || isFree(wanted) ? wanted : `${takenPrefix}${wanted}`
      if (group === 'scripts') scripts[wanted] = name
      if (name !== wanted) left.push(`${group}.${wanted}`)
      if (present[name] !== undefined && present[name] !== placeholderTest) continue
      next[name] = value
      added.push(`${group}.${name}`)
    }
    if (Object.keys(next).length > 0) content[group] = next
  }
  if (added.length > 0) writePackage(path, content, indent)
  return { created: false, added, left, scripts }
}

function readPackage(path: string): { readonly content: PackageJson; readonly indent: string } {
  const text = readFileSync(path, 'utf8')
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (cause) {
    throw new UsageError(`${path} is not JSON: ${cause instanceof Error ? cause.message : String(cause)}.`, { cause })
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new UsageError(`${path}: expected an object, received ${JSON.stringify(content)}.`)
  }
  return { content: content as PackageJson, indent: /^([ \t]+)"/m.exec(text)?.[1] ?? '  ' }
}

function writePackage(path: string, content: object, indent: string): void {
  writeFileSync(path, `${JSON.stringify(content, null, indent)}\n`)
}
