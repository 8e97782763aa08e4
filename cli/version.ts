import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { projectOf } from './find-app.ts'

/** The package's own version: its package.json is above this file, compiled or not. */
export function packageVersion(): string {
  const folder = projectOf(dirname(fileURLToPath(import.meta.url)))
  if (folder === undefined) return 'unknown'
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version?: string }
  return version ?? 'unknown'
}
