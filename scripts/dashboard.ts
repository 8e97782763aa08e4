import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { build as bundle, type Plugin } from 'esbuild'
import { build as buildPageFiles } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Builds the dashboard's page into a folder, compressed copies beside. */
export async function buildPage(folder: string): Promise<void> {
  await buildPageFiles({
    configFile: join(root, 'dashboard/vite.config.ts'),
    logLevel: 'warn',
    build: { outDir: folder, emptyOutDir: true },
  })
  for (const file of filesOf(join(folder, 'assets'))) {
    const content = readFileSync(file)
    writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }))
    writeFileSync(`${file}.br`, brotliCompressSync(content))
  }
}

/**
 * Puts Hono and Zod into the compiled door, so that the package needs neither. What other doors share, such as the classes of errors, stays outside.
 *
 * @param compiled the folder that the compiler wrote
 */
export async function bundleDoor(compiled: string): Promise<void> {
  const shared = join(compiled, 'shared')
  const door = join(shared, 'dashboard.js')
  const own = join(shared, 'dashboard')
  await bundle({
    entryPoints: [door],
    outfile: door,
    allowOverwrite: true,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
    nodePaths: [join(root, 'node_modules')],
    legalComments: 'inline',
    plugins: [onlyFrom(door, own)],
  })
  for (const file of filesOf(own)) if (/\.js(\.map)?$/.test(file)) rmSync(file)
  rmSync(`${door}.map`, { force: true })
}

function onlyFrom(door: string, own: string): Plugin {
  return {
    name: 'only-the-door',
    setup({ onResolve }) {
      onResolve({ filter: /^\.\.?\// }, ({ path, importer, resolveDir }) => {
        const target = resolve(resolveDir, path)
        const isOurs = importer === door || importer.startsWith(own)
        if (!isOurs || target.startsWith(own)) return undefined
        return { path: `./${relative(dirname(door), target).replaceAll('\\', '/')}`, external: true }
      })
    },
  }
}

/** What a browser loads first, in bytes of gzip. */
export function firstLoadBytes(folder: string): number {
  const files = [
    join(folder, 'index.html'),
    ...filesOf(join(folder, 'assets')).filter((file) => /\.(js|css)$/.test(file)),
  ]
  return files.reduce((sum, file) => sum + gzipSync(readFileSync(file), { level: 9 }).length, 0)
}

function filesOf(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(path).isDirectory() ? filesOf(path) : [path]))
}
