import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { BuildFailure, BuildOptions, Message, Metafile } from 'esbuild'
import type { FunctionCode } from '../../localstack/lambda/index.ts'
import { moduleScope } from '../core/module-scope.ts'
import { shownPath } from './stack-frames.ts'

const { banner, define } = moduleScope('esm')

/** A module to bundle: a file, or a text as if it lay in a folder. */
export type BundleEntry = string | { readonly contents: string; readonly folder: string; readonly name: string }

export interface BundleOptions {
  readonly entry: BundleEntry
  /** Where `index.mjs` goes. */
  readonly folder: string
  /** Packages that are loaded from the project's node_modules instead of becoming part of the bundle: such with native code. */
  readonly external?: readonly string[]
}

/** A worker, or an app, that could not be built. Its message is one paragraph with file and line. */
export class BundleError extends Error {
  /** Files that the failure is about: a change of one of them may mend it. */
  readonly files: readonly string[]

  constructor(message: string, files: readonly string[], options?: ErrorOptions) {
    super(message, options)
    this.name = 'BundleError'
    this.files = files
  }
}

/**
 * How a worker becomes one file: as the CDK stack does it, but for the Node of this machine, readable, and with source maps for stacks. The AWS SDK is
 * part of it. `require`, `__filename` and `__dirname` exist for CommonJS packages among a task's dependencies. tsconfig's `paths` are followed; native addons are copied.
 */
export function bundleOptions({
  entry,
  folder,
  external = [],
}: BundleOptions): BuildOptions & { readonly metafile: true } {
  return {
    ...(typeof entry === 'string'
      ? { entryPoints: [{ in: entry, out: 'index' }] }
      : {
          stdin: { contents: entry.contents, resolveDir: entry.folder, sourcefile: entry.name, loader: 'ts' },
          entryNames: 'index',
        }),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'],
    keepNames: true,
    sourcemap: 'linked',
    sourcesContent: false,
    external: [...external],
    loader: { '.node': 'copy' },
    banner: { js: banner },
    define: { ...define },
    logLevel: 'silent',
    metafile: true,
  }
}

/**
 * Bundles a worker's entry into a folder.
 *
 * @throws {BundleError} when the entry is missing, has a syntax error, imports what is not there, or exports no handler
 */
export async function bundleWorker(options: BundleOptions): Promise<FunctionCode> {
  const { entry } = options
  if (typeof entry === 'string' && !existsSync(entry)) {
    throw new BundleError(
      `worker: expected a module that exports 'handler', received '${shown(entry)}', which does not exist.`,
      [resolve(entry)],
    )
  }
  await linkPackages(options)
  const { build } = await import('esbuild')
  try {
    const { metafile } = await build(bundleOptions(options))
    return workerCode(metafile, options)
  } catch (error) {
    throw bundleError(error, entry)
  }
}

/** What a finished build runs. @throws {BundleError} when there is no handler in it */
export function workerCode(metafile: Metafile, { entry, folder }: BundleOptions): FunctionCode {
  const [output] = Object.values(metafile.outputs).filter(({ entryPoint }) => entryPoint !== undefined)
  const exported = output?.exports ?? []
  // A CommonJS entry has one export, whose properties are known when it runs.
  if (!exported.includes('handler') && !(exported.length === 1 && exported[0] === 'default')) {
    const name = nameOf(entry)
    throw new BundleError(
      `${name} exports ${exported.length === 0 ? 'nothing' : exported.map((each) => `'${each}'`).join(', ')}, expected 'handler': export const handler = createWorker(app).`,
      typeof entry === 'string' ? [resolve(entry)] : [],
    )
  }
  return { root: folder, handler: 'index.handler' }
}

/** A folder of this machine's own for bundles, and its removal. */
export async function temporaryFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'celeriac-'))
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) }
}

/** Externals are looked for from where the bundle lies: the project's packages must be found there. */
export async function linkPackages({ entry, folder }: BundleOptions): Promise<void> {
  await mkdir(folder, { recursive: true })
  let from = resolve(typeof entry === 'string' ? dirname(entry) : entry.folder)
  while (!existsSync(join(from, 'node_modules')) && dirname(from) !== from) from = dirname(from)
  if (!existsSync(join(from, 'node_modules'))) return
  // Junctions need no rights on Windows; other systems do not look at the type.
  await symlink(join(from, 'node_modules'), join(folder, 'node_modules'), 'junction').catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    },
  )
}

/** esbuild's complaints as one paragraph. */
export function bundleError(error: unknown, entry: BundleEntry): unknown {
  const { errors } = error as Partial<BuildFailure>
  if (error instanceof BundleError || !Array.isArray(errors)) return error
  const [first] = errors as readonly Message[]
  if (first === undefined) return error
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''
  const files = errors.flatMap(({ location }) => (location ? [resolve(location.file)] : []))
  return new BundleError(
    `${placeOf(first, entry)}: ${sentence(first.text)}${hintFor(first)}${more}${lineOf(first)}`,
    files,
    {
      cause: error,
    },
  )
}

function placeOf({ location }: Message, entry: BundleEntry): string {
  return location ? `${shown(location.file)}:${location.line}:${location.column + 1}` : nameOf(entry)
}

function lineOf({ location }: Message): string {
  return location && location.lineText.trim() !== '' ? ` In line: ${location.lineText.trim()}` : ''
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}

function hintFor({ text }: Message): string {
  const name = /^Could not resolve "([^"]+)"/.exec(text)?.[1]
  if (name === undefined) return ''
  return /^[./]/.test(name) ? ' Is the path right?' : ` Is it installed? Try: npm i ${packageOf(name)}.`
}

function packageOf(name: string): string {
  return name.split('/', name.startsWith('@') ? 2 : 1).join('/')
}

function nameOf(entry: BundleEntry): string {
  return typeof entry === 'string' ? shown(entry) : entry.name
}

function shown(path: string): string {
  return shownPath(resolve(path), process.cwd())
}
