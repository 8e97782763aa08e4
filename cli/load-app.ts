import { mkdirSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, extname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BuildFailure, Loader, Plugin } from 'esbuild'
import type { App } from '../shared/index.ts'
import { CliError, UsageError } from './failure.ts'
import { type AppLocation, projectOf } from './find-app.ts'

/**
 * Imports the app, TypeScript included: esbuild makes one module of it and of what it imports by path; packages stay where they are installed.
 *
 * @throws {CliError} it has a syntax error, throws while loading, or exports no app
 */
export async function loadApp({ file, exportName }: AppLocation): Promise<App> {
  const exported = await importModule(file)
  const shown = relative(process.cwd(), file) || file
  if (exportName !== undefined) {
    const app = exported[exportName]
    if (isApp(app)) return app
    throw new UsageError(
      `--app: expected an export '${exportName}' of ${shown} made by createApp(), received ${typeof app}.`,
    )
  }
  const apps = Object.entries(exported).filter((entry): entry is [string, App] => isApp(entry[1]))
  const distinct = new Map(apps.map(([name, app]) => [app, name]))
  if (distinct.size === 1) return [...distinct.keys()][0] as App
  throw new UsageError(
    distinct.size === 0
      ? `${shown} exports no app. Export what createApp() returns: export const app = createApp({ … }).`
      : `${shown} exports several apps: ${[...distinct.values()].join(', ')}. Say which: --app ${shown}#${[...distinct.values()][0]}.`,
  )
}

function isApp(value: unknown): value is App {
  return (
    typeof value === 'object' &&
    value !== null &&
    'definition' in value &&
    typeof value.definition === 'object' &&
    'connect' in value &&
    typeof value.connect === 'function'
  )
}

async function importModule(file: string): Promise<Record<string, unknown>> {
  const { build } = await import('esbuild')
  const folder = scratchOf(file)
  const bundle = join(folder, `app-${process.pid}-${Date.now()}.mjs`)
  try {
    await build({
      entryPoints: [file],
      outfile: bundle,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      packages: 'external',
      sourcemap: 'inline',
      logLevel: 'silent',
      define: { 'import.meta.url': urlName },
      plugins: [ownUrls],
    })
  } catch (error) {
    throw new CliError(buildMessage(file, error), 1, { cause: error })
  }
  try {
    return (await import(pathToFileURL(bundle).href)) as Record<string, unknown>
  } catch (error) {
    const shown = relative(process.cwd(), file) || file
    throw new CliError(`${shown} could not be loaded: ${error instanceof Error ? error.message : String(error)}`, 1, {
      cause: error,
    })
  } finally {
    rmSync(bundle, { force: true })
  }
}

/** Inside the project, where the packages it imports are found. */
function scratchOf(file: string): string {
  const project = projectOf(dirname(file))
  if (project === undefined) return dirname(file)
  const folder = join(project, 'node_modules', '.cache', 'celeriac')
  mkdirSync(folder, { recursive: true })
  return folder
}

const urlName = '__celeriacModuleUrl'

/** `import.meta.url` of every module stays what it was before bundling. */
const ownUrls: Plugin = {
  name: 'own-urls',
  setup(build) {
    build.onLoad({ filter: /\.[cm]?[jt]sx?$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      if (!source.includes('import.meta.url')) return undefined
      const loader = extname(path).replace(/^\.[cm]?/, '') as Loader
      return { contents: `const ${urlName} = ${JSON.stringify(pathToFileURL(path).href)};${source}`, loader }
    })
  },
}

/** esbuild's first complaint with its place. */
function buildMessage(file: string, error: unknown): string {
  const errors = (error as Partial<BuildFailure>).errors ?? []
  const [first] = errors
  if (first === undefined)
    return `${file} could not be built: ${error instanceof Error ? error.message : String(error)}`
  const { location, text } = first
  const place = location ? `${location.file}:${location.line}:${location.column + 1}` : relative(process.cwd(), file)
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''
  const line = location ? ` In line: ${location.lineText.trim()}` : ''
  return `${place}: ${text}${/[.!?]$/.test(text) ? '' : '.'}${more}${line}`
}
