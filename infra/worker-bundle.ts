import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { dirname, extname, join, resolve } from 'node:path'
import { AssetHashType, DockerImage, type ILocalBundling } from 'aws-cdk-lib'
import { Code } from 'aws-cdk-lib/aws-lambda'
import { type BundlingOptions, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs'
import { buildSync } from 'esbuild'
import { DefinitionError } from '../shared/core/errors.ts'
import { bundlingWith } from './bundling.ts'
import { defined } from './defined.ts'
import { esbuildOptions } from './esbuild-options.ts'
import { foreignCode, type Processor } from './machine-code.ts'
import { findLockFile, installPackages } from './node-modules.ts'

/** What is to be bundled, all of it plain data: by it the CDK tells whether it has bundled the same before. */
export interface BundlePlan {
  /** Absolute. */
  readonly entry: string
  readonly projectRoot: string
  readonly lockFile: string | undefined
  readonly bundling: BundlingOptions
  readonly processor: Processor
}

export interface WorkerBundleOptions {
  readonly entry: string
  readonly bundling: BundlingOptions | undefined
  readonly projectRoot: string | undefined
  readonly depsLockFilePath: string | undefined
  readonly processor: Processor
}

/** Docker images, and TypeScript's own compiler before esbuild, are left to the CDK. */
export function isBundledByCdk(bundling: BundlingOptions = {}): boolean {
  return Boolean(bundling.forceDockerBundling || bundling.dockerImage || bundling.preCompilation)
}

/**
 * A worker's entry as one file, bundled in this process by Celeriac's own esbuild: no package manager is called, and none has to hoist it. Once for all
 * queues, since the CDK keeps what it bundled.
 *
 * @throws {DefinitionError} when there is no such file, or no such lock file
 */
export function bundledCode(options: WorkerBundleOptions): Code {
  const plan = planOf(options)
  const { assetHash } = plan.bundling
  return Code.fromAsset(
    plan.projectRoot,
    defined({
      assetHash,
      assetHashType: assetHash === undefined ? AssetHashType.OUTPUT : undefined,
      bundling: { image: DockerImage.fromRegistry('none'), local: new LocalBundle(plan) },
    }),
  )
}

function planOf({ entry, bundling, projectRoot, depsLockFilePath, processor }: WorkerBundleOptions): BundlePlan {
  const path = resolve(entry)
  if (!existsSync(path) || !/^\.[cm]?[jt]sx?$/.test(extname(path)))
    throw new DefinitionError(
      `entry: expected a TypeScript or JavaScript module that exports the handler, received '${entry}'${existsSync(path) ? '' : ', which does not exist'}.`,
    )
  for (const [option, place] of Object.entries({ projectRoot, depsLockFilePath }))
    if (place !== undefined && !existsSync(place))
      throw new DefinitionError(`${option}: expected a path that exists, received '${place}'.`)
  const lockFile = depsLockFilePath === undefined ? findLockFile(process.cwd()) : resolve(depsLockFilePath)
  return {
    entry: path,
    projectRoot: resolve(projectRoot ?? (lockFile === undefined ? process.cwd() : dirname(lockFile))),
    lockFile,
    bundling: bundlingWith(bundling),
    processor,
  }
}

/** Public fields are part of what the CDK remembers a bundle by. */
class LocalBundle implements ILocalBundling {
  readonly plan: BundlePlan
  readonly hooks: readonly string[]

  constructor(plan: BundlePlan) {
    this.plan = plan
    this.hooks = Object.values(hooksOf(plan, '/asset-output')).flat()
  }

  tryBundle(folder: string): boolean {
    const { entry, projectRoot, lockFile, bundling, processor } = this.plan
    const { nodeModules = [], format, metafile } = bundling
    const hooks = hooksOf(this.plan, folder)
    this.#run(hooks.before)
    const { metafile: contents } = buildSync(esbuildOptions(bundling, { entry, projectRoot, outdir: folder }))
    if (metafile) writeFileSync(join(folder, 'index.meta.json'), JSON.stringify(contents))
    if (nodeModules.length > 0) {
      this.#run(hooks.beforeInstall)
      installPackages({ packages: nodeModules, entry, lockFile, processor, folder })
    } else if (format === OutputFormat.CJS) {
      // A package.json above with "type": "module" would make it an ES module where it lies.
      writeFileSync(join(folder, 'package.json'), '{"type":"commonjs"}')
    }
    this.#run(hooks.after)
    const foreign = foreignCode(folder, processor)
    if (foreign.length > 0)
      throw new Error(
        `${foreign.join('; ')}. Lambda could not load it. Name the package in bundling.nodeModules, which installs it for Lambda's system; ` +
          `or choose the architecture that it is for; or build in Docker with bundling.forceDockerBundling.`,
      )
    return true
  }

  #run(commands: readonly string[]): void {
    if (commands.length === 0) return
    const { projectRoot, bundling } = this.plan
    const command = commands.join(' && ')
    const env = { ...process.env, ...bundling.environment }
    const stdio: ['ignore', NodeJS.WriteStream, 'inherit'] = ['ignore', process.stderr, 'inherit']
    const { status } = spawnSync(command, { cwd: projectRoot, env, shell: true, stdio })
    if (status !== 0) throw new Error(`commandHooks: '${command}' ended with ${status}.`)
  }
}

function hooksOf({ projectRoot, bundling: { commandHooks: hooks } }: BundlePlan, folder: string) {
  return {
    before: hooks?.beforeBundling(projectRoot, folder) ?? [],
    beforeInstall: hooks?.beforeInstall(projectRoot, folder) ?? [],
    after: hooks?.afterBundling(projectRoot, folder) ?? [],
  }
}
