import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, extname, join, relative, resolve } from 'node:path'
import { UsageError } from './failure.ts'

/** Where the app is: a module, and the name of its export if given (`tasks.ts#shop`). */
export interface AppLocation {
  readonly file: string
  readonly exportName: string | undefined
}

const extensions = ['.ts', '.mts', '.js', '.mjs'] as const
const usual = ['tasks', 'src/tasks', 'tasks/index', 'src/tasks/index', 'app', 'src/app']

/**
 * The module named by --app, by `"celeriac": { "app": … }` in the nearest package.json, or one of the usual places beside it.
 *
 * @throws {UsageError} lists the places that were searched
 */
export function findApp(named: string | undefined, folder: string): AppLocation {
  if (named !== undefined) return locate(named, folder, '--app')
  const project = projectOf(folder)
  const configured = project === undefined ? undefined : configuredApp(project)
  if (project !== undefined && configured !== undefined) {
    return locate(configured, project, `"celeriac.app" in ${join(project, 'package.json')}`)
  }
  for (const root of new Set([folder, project ?? folder])) {
    const file = appAt(root)
    if (file !== undefined) return { file, exportName: undefined }
  }
  throw new UsageError(
    `No app was found in ${folder}: there is no ${usual
      .slice(0, 2)
      .map((place) => `${place}.ts`)
      .join(
        ' or ',
      )}. Name the module that exports it with --app, or in package.json: "celeriac": { "app": "src/tasks.ts" }. 'celeriac init' makes a new project.`,
  )
}

/** The module of an app in one of the usual places of a folder. */
export function appAt(folder: string): string | undefined {
  return usual
    .flatMap((place) => extensions.map((extension) => join(folder, place + extension)))
    .find((path) => existsSync(path))
}

function locate(named: string, folder: string, option: string): AppLocation {
  const [path = '', exportName] = named.split('#')
  const base = resolve(folder, path)
  const candidates =
    extname(base) === ''
      ? [...extensions.map((e) => base + e), ...extensions.map((e) => join(base, `tasks${e}`))]
      : [base]
  const file = candidates.find((candidate) => existsSync(candidate) && statSync(candidate).isFile())
  if (file !== undefined) return { file, exportName }
  throw new UsageError(
    `${option}: expected a module that exports the app, received '${named}', which does not exist (looked for ${relative(process.cwd(), candidates[0] ?? base) || base}).`,
  )
}

/** The nearest folder above with a package.json. */
export function projectOf(folder: string): string | undefined {
  for (let each = resolve(folder); ; each = dirname(each)) {
    if (existsSync(join(each, 'package.json'))) return each
    if (dirname(each) === each) return undefined
  }
}

/** What `"celeriac": { "app": … }` in a folder's package.json says. */
export function configuredApp(project: string): string | undefined {
  const path = join(project, 'package.json')
  let content: unknown
  try {
    content = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new UsageError(`${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
  const app = (content as { celeriac?: { app?: unknown } } | null)?.celeriac?.app
  if (app === undefined || typeof app === 'string') return app
  throw new UsageError(`"celeriac.app" in ${path}: expected a path, received ${JSON.stringify(app)}.`)
}
