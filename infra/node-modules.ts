import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, resolve } from 'node:path'
import { DefinitionError } from '../shared/core/errors.ts'
import type { Processor } from './machine-code.ts'

/** Names of lock files, as each package manager looks for them. */
const lockFiles = ['pnpm-lock.yaml', 'yarn.lock', 'bun.lock', 'bun.lockb', 'package-lock.json'] as const

/** The lock file in a folder or above it. */
export function findLockFile(folder: string): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const found = lockFiles.map((name) => join(at, name)).find((path) => existsSync(path))
    if (found !== undefined || dirname(at) === at) return found
  }
}

export interface Installation {
  /** `nodeModules`: packages that are installed instead of bundled. */
  readonly packages: readonly string[]
  /** The worker's entry: its packages are installed in the versions that it finds. */
  readonly entry: string
  readonly lockFile: string | undefined
  readonly processor: Processor
  /** Where the bundle lies. */
  readonly folder: string
}

/**
 * Installs packages beside the bundle with the project's own package manager and lock file, for Lambda's system instead of this machine's.
 *
 * @throws {DefinitionError} when one is not installed in the project; {Error} when the package manager fails
 */
export function installPackages(installation: Installation): void {
  const { packages, entry, folder, lockFile } = installation
  const dependencies = Object.fromEntries(packages.map((name) => [name, versionOf(name, entry)]))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }))
  if (lockFile !== undefined) cpSync(lockFile, join(folder, basename(lockFile)))
  const { command, files, leaves } = managerOf(installation)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  run(command, folder, installation.processor)
  for (const name of leaves) rmSync(join(folder, name), { recursive: true, force: true })
}

interface Manager {
  readonly command: readonly string[]
  /** What it must find beside package.json. */
  readonly files: Readonly<Record<string, string>>
  /** What it leaves that Lambda does not need. */
  readonly leaves: readonly string[]
}

const modules = ['node_modules/.bin', 'node_modules/.cache', ...lockFiles]

function managerOf({ lockFile, processor }: Installation): Manager {
  const cpu = cpuOf(processor)
  const target = [`--cpu=${cpu}`, '--os=linux', '--libc=glibc']
  const supported = { os: ['linux'], cpu: [cpu], libc: ['glibc'] }
  switch (lockFile === undefined ? 'package-lock.json' : basename(lockFile)) {
    case 'pnpm-lock.yaml':
      return {
        command: [
          ...['pnpm', 'install', '--prod', '--no-frozen-lockfile', '--reporter=append-only'],
          ...['--config.node-linker=hoisted', '--config.package-import-method=clone-or-copy'],
        ],
        // A workspace of its own, or pnpm would install the one around it. JSON is YAML.
        files: { 'pnpm-workspace.yaml': JSON.stringify({ packages: ['.'], supportedArchitectures: supported }) },
        leaves: [
          ...modules,
          'pnpm-workspace.yaml',
          'node_modules/.modules.yaml',
          'node_modules/.pnpm-workspace-state-v1.json',
        ],
      }
    case 'yarn.lock':
      if (lockFile !== undefined && !/^__metadata:/m.test(readFileSync(lockFile, 'utf8')))
        return { command: ['yarn', 'install', '--production', '--no-progress'], files: {}, leaves: modules }
      return {
        command: ['yarn', 'install', '--no-immutable'],
        files: {
          '.yarnrc.yml': JSON.stringify({
            nodeLinker: 'node-modules',
            enableGlobalCache: true,
            supportedArchitectures: supported,
          }),
        },
        leaves: [...modules, '.yarnrc.yml', '.yarn', 'node_modules/.yarn-state.yml'],
      }
    case 'bun.lock':
    case 'bun.lockb':
      return {
        command: ['bun', 'install', '--production', '--backend', 'copyfile', `--cpu=${cpu}`, '--os=linux'],
        files: {},
        leaves: modules,
      }
    default:
      return {
        command: ['npm', 'install', '--omit=dev', '--no-audit', '--no-fund', '--install-strategy=hoisted', ...target],
        files: {},
        leaves: [...modules, 'node_modules/.package-lock.json'],
      }
  }
}

/** Node's name of the processor. */
function cpuOf(processor: Processor): 'arm64' | 'x64' {
  return processor === 'arm64' ? 'arm64' : 'x64'
}

function run([name = '', ...args]: readonly string[], cwd: string, processor: Processor): void {
  const cpu = cpuOf(processor)
  // For packages whose install scripts choose a prebuilt addon themselves.
  const target = {
    npm_config_arch: cpu,
    npm_config_target_arch: cpu,
    npm_config_platform: 'linux',
    npm_config_libc: 'glibc',
  }
  const { error, status } = spawnSync(name, args, {
    cwd,
    env: { ...process.env, ...target },
    stdio: ['ignore', process.stderr, 'inherit'],
    // Package managers are batch files there.
    shell: process.platform === 'win32',
  })
  if (error === undefined && status === 0) return
  const why = error === undefined ? `it ended with ${status}` : error.message
  throw new Error(`nodeModules: '${[name, ...args].join(' ')}' failed: ${why}. The lock file decides who installs.`, {
    cause: error,
  })
}

/** The version that the entry would load. */
function versionOf(name: string, entry: string): string {
  for (const folder of createRequire(entry).resolve.paths(name) ?? []) {
    const path = join(folder, name, 'package.json')
    if (existsSync(path)) return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
  }
  throw new DefinitionError(
    `bundling.nodeModules: expected packages that ${basename(entry)} can load, received '${name}', which is not installed.`,
  )
}
