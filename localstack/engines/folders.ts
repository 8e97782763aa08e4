import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository. */
export const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Where engines are installed, some 600 MB for both: `.celeriac/engines` in the repository, ignored by git, or
 * `CELERIAC_ENGINES_DIR`. Deleting it is always safe while no engine runs.
 */
export function enginesFolder(env: NodeJS.ProcessEnv = process.env): string {
  return resolve(root, env.CELERIAC_ENGINES_DIR || '.celeriac/engines')
}
