import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/*
 * `cdk synth` in workspaces of npm, pnpm and yarn, hoisted and not, with the packed package. Only celeriac depends on esbuild.
 */

const root = fileURLToPath(new URL('../..', import.meta.url))
const home = mkdtempSync(join(tmpdir(), 'celeriac-workspaces-'))
afterAll(() => rmSync(home, { recursive: true, force: true, maxRetries: 3 }))

const version = (name: string): string =>
  (JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')) as { version: string }).version

/** Each manager has a setting of its own for the registry: npm's is meant for all. */
const registry = execFileSync('npm', ['config', 'get', 'registry']).toString().trim()
const registries = {
  npm_config_registry: registry,
  YARN_REGISTRY: registry,
  YARN_NPM_REGISTRY_SERVER: registry.replace(/\/$/, ''),
}

function run(folder: string, [command = '', ...args]: readonly string[], environment: NodeJS.ProcessEnv = {}): string {
  const foreign = /^(npm_|AWS_|CELERIAC_|CDK_|VITEST|TSX_|NODE_OPTIONS|NODE_ENV|INIT_CWD)/
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)))
  const env = { ...inherited, ...registries, CI: 'true', ...environment }
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, env, encoding: 'utf8', maxBuffer: 1e8 })
  // Yarn tells its errors on standard output.
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stderr}\n${stdout}`)
  return stdout
}

const managers = join(home, 'managers')
const bin = (name: string) => join(managers, 'node_modules', name)
const pnpm = [process.execPath, bin('pnpm/bin/pnpm.cjs')]
const yarn1 = [process.execPath, bin('yarn/bin/yarn.js')]
const yarn = [process.execPath, bin('@yarnpkg/cli-dist/bin/yarn.js')]

interface Layout {
  readonly install: readonly string[]
  /** @default node */
  readonly node?: readonly string[]
  readonly files?: Readonly<Record<string, string>>
  readonly manifest?: object
}

const layouts: Readonly<Record<string, Layout>> = {
  'npm, hoisted': { install: ['npm', 'install', '--no-audit', '--no-fund', '--prefer-offline'] },
  'npm, nested': {
    install: ['npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', '--install-strategy=nested'],
  },
  'pnpm, isolated': {
    install: [...pnpm, 'install'],
    files: { 'pnpm-workspace.yaml': 'packages: ["packages/*"]\n' },
  },
  'pnpm, hoisted': {
    install: [...pnpm, 'install', '--config.node-linker=hoisted'],
    files: { 'pnpm-workspace.yaml': 'packages: ["packages/*"]\n' },
  },
  'yarn 1, hoisted': { install: [...yarn1, 'install', '--no-progress'] },
  'yarn 1, not hoisted': {
    install: [...yarn1, 'install', '--no-progress'],
    manifest: { workspaces: { packages: ['packages/*'], nohoist: ['**'] } },
  },
  'yarn, node_modules': {
    install: [...yarn, 'install'],
    files: { '.yarnrc.yml': 'nodeLinker: node-modules\nenableImmutableInstalls: false\n', 'yarn.lock': '' },
  },
  'yarn, pnpm': {
    install: [...yarn, 'install'],
    files: { '.yarnrc.yml': 'nodeLinker: pnpm\nenableImmutableInstalls: false\n', 'yarn.lock': '' },
  },
  'yarn, Plug’n’Play': {
    install: [...yarn, 'install'],
    node: [...yarn, 'node'],
    files: { '.yarnrc.yml': 'nodeLinker: pnp\nenableImmutableInstalls: false\n', 'yarn.lock': '' },
  },
}

const sources: Readonly<Record<string, string>> = {
  'packages/legacy/main.js':
    "const { join } = require('path')\nexports.place = join(__dirname, 'x')\nexports.file = __filename\n",
  'packages/tasks/app.js': `
    import { createApp } from 'celeriac'
    import legacy from '@acme/legacy'
    export const app = createApp({ name: 'acme', queues: { default: {} } })
    app.task('place', {}, () => legacy.place)`,
  'packages/tasks/worker.js':
    "import { createWorker } from 'celeriac/worker'\nimport { app } from './app.js'\nexport const handler = createWorker(app)\n",
  'packages/infra/stack.js': `
    import { App, Stack } from 'aws-cdk-lib'
    import { TaskQueues } from 'celeriac/cdk'
    import { app } from '@acme/tasks'
    const cdk = new App({ analyticsReporting: false })
    new TaskQueues(new Stack(cdk, 'Acme'), 'Tasks', { app, entry: '../tasks/worker.js', manifest: false })
    cdk.synth()`,
}

function write(folder: string, files: Readonly<Record<string, string | object>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content))
  }
}

/** Yarn also asks for what the CDK's package brings with it. A registry that lacks it cannot serve yarn: those layouts are left out there. */
function yarnInstallsTheCdk(): boolean {
  const { dependencies = {} } = JSON.parse(
    readFileSync(join(root, 'node_modules/aws-cdk-lib/package.json'), 'utf8'),
  ) as { dependencies?: Readonly<Record<string, string>> }
  const name = '@aws/cloudformation-validate'
  return (
    spawnSync('npm', ['view', `${name}@${dependencies[name]}`, 'version'])
      .stdout.toString()
      .trim() !== ''
  )
}

let archive: string

describe('cdk synth bundles the worker of a workspace', () => {
  beforeAll(() => {
    run(root, ['npm', 'pack', '--pack-destination', home])
    archive = `file:${join(home, String(readdirSync(home).find((name) => name.endsWith('.tgz'))))}`
    write(managers, { 'package.json': { private: true } })
    run(managers, ['npm', 'install', '--no-audit', '--no-fund', 'pnpm@10', 'yarn@1', '@yarnpkg/cli-dist@4'])
  })

  it.each(Object.entries(layouts).filter(([name]) => !name.startsWith('yarn') || yarnInstallsTheCdk()))(
    'of %s',
    (name, { install, node = [process.execPath], files = {}, manifest = {} }) => {
      const folder = join(home, name.replace(/\W+/g, '-'))
      const linked = name.startsWith('npm') || name.startsWith('yarn 1') ? '*' : 'workspace:*'
      const ofPackage = (own: string, dependencies: object, more: object = {}) => ({
        ...{ name: `@acme/${own}`, version: '1.0.0', private: true, type: 'module', dependencies },
        ...more,
      })
      write(folder, {
        ...sources,
        ...files,
        'package.json': { name: 'acme', private: true, workspaces: ['packages/*'], ...manifest },
        'packages/legacy/package.json': ofPackage('legacy', {}, { type: 'commonjs', main: 'main.js' }),
        'packages/tasks/package.json': ofPackage(
          'tasks',
          { celeriac: archive, '@acme/legacy': linked },
          { main: 'app.js' },
        ),
        'packages/infra/package.json': ofPackage('infra', {
          celeriac: archive,
          '@acme/tasks': linked,
          'aws-cdk-lib': version('aws-cdk-lib'),
          constructs: version('constructs'),
        }),
      })
      try {
        run(folder, install)
        const outdir = join(folder, 'out')
        run(join(folder, 'packages/infra'), [...node, 'stack.js'], { CDK_OUTDIR: outdir })
        const [asset] = readdirSync(outdir).filter((entry) => entry.startsWith('asset.'))
        expect(existsSync(join(outdir, String(asset), 'index.mjs'))).toBe(true)
      } finally {
        rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
      }
    },
    900_000,
  )
})
