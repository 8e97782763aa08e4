import { chmodSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { type Architecture, Architecture as Processors } from 'aws-cdk-lib/aws-lambda'
import { type BundlingOptions, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { workerBundling } from '../../infra/index.ts'
import { answerOf, BundleProject } from './bundle-project.ts'

vi.setConfig({ testTimeout: 120_000 })

/** A CommonJS package as emscripten writes them (`wawoff2`), and one that asks for a module by a name that esbuild cannot know. */
const packages = {
  'node_modules/embedded/package.json': '{"name":"embedded","version":"1.0.0","main":"main.js"}',
  'node_modules/embedded/main.js': `
    const { join } = require('path')
    const name = ['node:', 'os'].join('')
    exports.place = [typeof __dirname, typeof __filename, join(__dirname, 'x.wasm').endsWith('/x.wasm'), __filename.startsWith(__dirname + '/index.')]
    exports.cpus = typeof require(name).cpus`,
}
const worker = `
  import { place, cpus } from 'embedded'
  export const handler = async () => [...place, cpus, import.meta.url.startsWith('file:')]`
const answer = ['string', 'string', true, true, 'function', true]

const project = new BundleProject({ ...packages, 'pnpm-lock.yaml': "lockfileVersion: '9.0'\n", 'worker.ts': worker })
afterAll(() => project.remove())
afterEach(() => vi.unstubAllEnvs())

describe('a worker is bundled', () => {
  it.each(['pnpm-lock.yaml', 'yarn.lock', 'bun.lock', 'package-lock.json'])(
    'without calling a package manager, whose lock file is %s',
    (lockFile) => {
      project.write({ [`packages/${lockFile}`]: '' })
      vi.stubEnv('PATH', project.path('nothing'))
      const { folder } = project.bundle({ depsLockFilePath: project.path(`packages/${lockFile}`) })
      expect(existsSync(join(folder, 'index.mjs'))).toBe(true)
    },
  )

  it('with no lock file in sight, from any folder', () => {
    expect(answerOf(project.bundle({ projectRoot: project.folder }).folder)).toEqual(answer)
  })

  it('to the same bundle wherever the project lies', () => {
    const other = new BundleProject({ ...packages, 'worker.ts': worker })
    try {
      const [one, two] = [project.bundle().folder, other.bundle().folder]
      expect(readFileSync(join(one, 'index.mjs'), 'utf8')).toBe(readFileSync(join(two, 'index.mjs'), 'utf8'))
    } finally {
      other.remove()
    }
  })

  it('once for all queues', () => {
    const { folder } = project.bundle()
    expect(readdirSync(join(folder, '..')).filter((name) => name.startsWith('asset.'))).toHaveLength(1)
  })

  it('from an entry that exists', () => {
    expect(() => project.bundle({ entry: project.path('nowhere.ts') })).toThrow(
      /entry: expected a TypeScript or JavaScript module.*nowhere\.ts', which does not exist/,
    )
    expect(() => project.bundle({ depsLockFilePath: 'nowhere' })).toThrow(
      /depsLockFilePath: expected a path that exists/,
    )
  })
})

describe('a CommonJS package finds what it takes for given', () => {
  it.each<[string, BundlingOptions]>([
    ['with the defaults', {}],
    ['readable', { minify: false }],
    ['in CommonJS', { format: OutputFormat.CJS }],
    ['readable, in CommonJS', { format: OutputFormat.CJS, minify: false }],
    ['with the exported defaults in CommonJS', { ...workerBundling, format: OutputFormat.CJS }],
    ['with a banner of one’s own', { banner: '/* mine */' }],
    ['with the exported defaults and a banner', { ...workerBundling, banner: `${workerBundling.banner}/* mine */` }],
    [
      'with a banner that brings require',
      { banner: "import { createRequire } from 'module'; const require = createRequire(import.meta.url);" },
    ],
    ['with names of one’s own', { define: { 'process.env.STAGE': '"dev"' } }],
    ['without a source map', { sourceMap: false }],
    ['for an older Node', { target: 'node20' }],
  ])('%s', (_, bundling) => {
    expect(answerOf(project.bundle({ bundling }).folder)).toEqual(answer)
  })

  it.each([OutputFormat.ESM, OutputFormat.CJS])(
    'and an ES module that declares the same names keeps its own: %s',
    (format) => {
      project.write({
        'own.ts': `
        import { createRequire } from 'node:module'
        import { dirname } from 'node:path'
        import { fileURLToPath } from 'node:url'
        import { place, cpus } from 'embedded'
        const require = createRequire(import.meta.url)
        const __filename = fileURLToPath(import.meta.url)
        const __dirname = dirname(__filename)
        export const handler = async () => [...place, cpus, __filename.startsWith(__dirname) && typeof require('node:os').cpus === 'function']`,
      })
      for (const minify of [true, false])
        expect(
          answerOf(project.bundle({ entry: project.path('own.ts'), bundling: { format, minify } }).folder),
        ).toEqual(answer)
    },
  )
})

describe('options of the CDK’s bundling', () => {
  it('keep their meaning', () => {
    project.write({
      'shim.ts': "export const shimmed = 'shimmed'",
      'custom/tsconfig.json': '{"compilerOptions":{"paths":{"@short/*":["../long/*"]}}}',
      'long/name.ts': "export const long = 'long'",
      'aliased.ts': "export const aliased = 'aliased'",
      'options.ts': `
        import { long } from '@short/name'
        import { aliased } from 'nick'
        import text from './note.txt'
        declare const shimmed: string, STAGE: string
        export const handler = async () => [long, aliased, text, shimmed, STAGE, typeof globalThis.footed]`,
      'note.txt': 'a note',
    })
    const { folder } = project.bundle({
      entry: project.path('options.ts'),
      projectRoot: project.folder,
      bundling: {
        tsconfig: project.path('custom/tsconfig.json'),
        inject: ['./shim.ts'],
        define: { STAGE: '"dev"' },
        loader: { '.txt': 'text' },
        footer: 'globalThis.footed = true',
        metafile: true,
        esbuildArgs: {
          '--alias': ['nick=./aliased.ts'],
          '--log-limit': '0',
          '--legal-comments': 'none',
          '--keep-names': true,
        },
        commandHooks: {
          beforeBundling: (input) => [`echo before > "${input}/before.txt"`],
          beforeInstall: () => ['false'],
          afterBundling: (input, output) => [`cp "${input}/before.txt" "${output}/after.txt"`],
        },
      },
    })
    expect(answerOf(folder)).toEqual(['long', 'aliased', 'a note', 'shimmed', 'dev', 'boolean'])
    expect(readdirSync(folder).sort()).toEqual(['after.txt', 'index.meta.json', 'index.mjs', 'index.mjs.map'])
  })

  it('a command hook that fails fails the bundle', () => {
    const commandHooks = { beforeBundling: () => ['false'], beforeInstall: () => [], afterBundling: () => [] }
    expect(() => project.bundle({ bundling: { commandHooks } })).toThrow(/commandHooks: 'false' ended with 1/)
  })
})

/** Addons for this machine's system, from a package that is installed here. */
const addons = machineAddon()

describe('native code is for the system that runs it', () => {
  const bundle = (architecture: Architecture, bundling: BundlingOptions = {}) => {
    project.write({ 'native.ts': "import addon from './addon.node'\nexport const handler = async () => typeof addon" })
    project.copy(addons.file, 'addon.node')
    return project.bundle({ entry: project.path('native.ts'), workers: { architecture }, bundling })
  }

  it('an addon beside the bundle: refused for another processor, with what to do', () => {
    expect(() => bundle(addons.foreign)).toThrow(
      /addon-\w+\.node is code for linux (x86_64|arm64), expected linux (x86_64|arm64)\..*bundling\.nodeModules.*forceDockerBundling/,
    )
    expect(readdirSync(bundle(addons.own).folder).filter((name) => name.endsWith('.node'))).toHaveLength(1)
  })

  /** `npm` as the test wants it: writes down how it was called, and installs an addon. */
  const withManager = (name: string, family: readonly string[]) => {
    const modules = family.map(
      (each) => `mkdir -p node_modules/@img/${each} && cp "${addons.file}" node_modules/@img/${each}/lib.node`,
    )
    project.write({
      [`bin/${name}`]: [
        '#!/bin/sh',
        'echo "$0 $* cpu=$npm_config_arch" > called.txt',
        'ls > files.txt',
        ...modules,
        '',
      ].join('\n'),
      'node_modules/sharp/package.json': '{"name":"sharp","version":"0.34.5","main":"index.js"}',
      'sharp.ts': "import sharp from 'sharp'\nexport const handler = async () => sharp",
    })
    chmodSync(project.path(`bin/${name}`), 0o755)
    vi.stubEnv('PATH', `${project.path('bin')}:${process.env.PATH}`)
  }
  const install = (lockFile: string, architecture: Architecture) => {
    project.write({ [`locked/${lockFile}`]: lockFile === 'yarn.lock' ? '__metadata:\n  version: 8\n' : '{}' })
    return project.bundle({
      entry: project.path('sharp.ts'),
      depsLockFilePath: project.path(`locked/${lockFile}`),
      workers: { architecture },
      bundling: { nodeModules: ['sharp'], externalModules: ['left-out'] },
    }).folder
  }

  it.each([
    ['npm', 'package-lock.json', / install .*--cpu=arm64 --os=linux --libc=glibc cpu=arm64/],
    ['pnpm', 'pnpm-lock.yaml', / install --prod .* cpu=arm64/],
    ['yarn', 'yarn.lock', / install --no-immutable cpu=arm64/],
    ['bun', 'bun.lock', / install .*--cpu=arm64 --os=linux cpu=arm64/],
  ])('nodeModules: %s installs for arm64', (manager, lockFile, called) => {
    withManager(manager, [])
    const folder = install(lockFile, Processors.ARM_64)
    expect(readFileSync(join(folder, 'called.txt'), 'utf8')).toMatch(called)
    expect(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))).toMatchObject({
      dependencies: { sharp: '0.34.5' },
    })
    expect(existsSync(join(folder, lockFile))).toBe(false)
  })

  it('nodeModules: what was installed for this machine instead is refused', () => {
    withManager('npm', ['sharp-here'])
    expect(() => install('package-lock.json', addons.foreign)).toThrow(
      /node_modules\/@img\/sharp-here\/lib\.node is code for/,
    )
    expect(existsSync(install('package-lock.json', addons.own))).toBe(true)
  })

  it('nodeModules: names what is not installed', () => {
    expect(() => project.bundle({ bundling: { nodeModules: ['absent'] } })).toThrow(
      /bundling\.nodeModules: .*'absent', which is not installed/,
    )
  })
})

/** Some package of this repository's tools ships an addon for this machine: its file, and the processors. */
function machineAddon(): { readonly file: string; readonly own: Architecture; readonly foreign: Architecture } {
  const root = join(createRequire(import.meta.url).resolve('typescript'), '../../..')
  const file = readdirSync(root, { recursive: true, encoding: 'utf8' }).find((path) =>
    /linux-(x64|arm64)-gnu.*\.node$/.test(path),
  )
  if (file === undefined) throw new Error(`expected a native addon below ${relative('.', root)}, found none`)
  const [own, foreign] = file.includes('arm64')
    ? [Processors.ARM_64, Processors.X86_64]
    : [Processors.X86_64, Processors.ARM_64]
  return { file: join(root, file), own, foreign }
}
