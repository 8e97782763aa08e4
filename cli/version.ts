import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { projectOf } from './find-app.ts'

/** What the package says of itself. */
export interface OwnPackage {
  readonly version: string
  /** Versions that it is tested with. */
  readonly devDependencies: Readonly<Record<string, string>>
}

/** The package's own package.json is above this file, compiled or not. */
export function ownPackage(): OwnPackage {
  const folder = projectOf(dirname(fileURLToPath(import.meta.url)))
  const found = folder === undefined ? '{}' : readFileSync(join(folder, 'package.json'), 'utf8')
  return { version: 'unknown', devDependencies: {}, ...(JSON.parse(found) as Partial<OwnPackage>) }
}

export function packageVersion(): string {
  return ownPackage().version
}
