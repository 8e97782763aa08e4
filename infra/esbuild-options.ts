import { resolve } from 'node:path'
import { type BundlingOptions, OutputFormat, SourceMapMode } from 'aws-cdk-lib/aws-lambda-nodejs'
import type { BuildOptions, Loader } from 'esbuild'
import { defined } from './defined.ts'

/** The CDK's names of bundling options, as esbuild's API knows them. */
export function esbuildOptions(
  bundling: BundlingOptions,
  place: { readonly entry: string; readonly projectRoot: string; readonly outdir: string },
): BuildOptions & { readonly metafile: true } {
  const { nodeModules = [], inject, mainFields, banner = '', footer = '' } = bundling
  const external = bundling.externalModules ?? (bundling.bundleAwsSDK ? [] : ['@aws-sdk/*', '@smithy/*'])
  const options: BuildOptions = defined({
    absWorkingDir: place.projectRoot,
    entryPoints: [{ in: place.entry, out: 'index' }],
    outdir: place.outdir,
    outExtension: { '.js': bundling.format === OutputFormat.CJS ? '.js' : '.mjs' },
    bundle: true,
    platform: 'node' as const,
    format: bundling.format,
    target: bundling.target,
    minify: bundling.minify,
    keepNames: bundling.keepNames,
    sourcemap: sourceMapOf(bundling),
    sourcesContent: bundling.sourcesContent,
    external: [...external, ...nodeModules],
    loader: bundling.loader as Record<string, Loader> | undefined,
    define: bundling.define,
    banner: { js: banner },
    footer: { js: footer },
    charset: bundling.charset,
    mainFields,
    inject,
    tsconfig: bundling.tsconfig === undefined ? undefined : resolve(bundling.tsconfig),
    logLevel: bundling.logLevel ?? ('warning' as const),
  })
  return { ...withArguments(options, bundling.esbuildArgs ?? {}), metafile: true }
}

function sourceMapOf({ sourceMap, sourceMapMode }: BundlingOptions): NonNullable<BuildOptions['sourcemap']> {
  if (!sourceMap) return false
  return sourceMapMode === undefined || sourceMapMode === SourceMapMode.DEFAULT ? 'linked' : sourceMapMode
}

type Value = string | boolean | number | string[] | Readonly<Record<string, string | boolean>>

const counts = new Set(['logLimit', 'lineLimit'])
const lists = new Set(['mainFields', 'conditions', 'resolveExtensions', 'dropLabels'])
const byName = new Set(['alias', 'define', 'loader', 'logOverride', 'supported', 'outExtension', 'banner', 'footer'])

/** Arguments of esbuild's command line (`{ '--alias': ['a=./b'], '--log-limit': '0' }`), added to the options of its API. */
function withArguments(options: BuildOptions, args: NonNullable<BundlingOptions['esbuildArgs']>): BuildOptions {
  const all: Record<string, Value> = { ...(options as Record<string, Value>) }
  for (const argument of Object.entries(args).flatMap(written)) {
    const [, flag = '', below, value] = /^--([a-z-]+)(?::([^=]+))?(?:=(.*))?$/s.exec(argument) ?? []
    const name = flag.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
    const before = all[name]
    if (below === undefined) all[name] = lists.has(name) ? (value ?? '').split(',') : readValue(name, value)
    else if (byName.has(name))
      all[name] = { ...(before as object), [below]: readValue(name, value) as string | boolean }
    else all[name] = [...((before as string[] | undefined) ?? []), below]
  }
  return all as BuildOptions
}

function written([flag, value]: [string, string | boolean | string[]]): string[] {
  if (Array.isArray(value)) return value.map((each) => `${flag}:${each}`)
  if (value === false) return []
  return [value === true || value === '' ? flag : `${flag}=${value}`]
}

function readValue(name: string, value: string | undefined): string | boolean | number {
  if (value === undefined || value === 'true') return true
  if (value === 'false') return false
  return counts.has(name) ? Number(value) : value
}
