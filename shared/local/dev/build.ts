import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import type { BuildContext } from 'esbuild'
import type { FunctionCode } from '../../../localstack/lambda/index.ts'
import { type BundleEntry, bundleError, bundleOptions, linkPackages, workerCode } from '../bundle.ts'

/** One finished build, in a folder of its own: what runs of an older one may still load parts of it. */
export interface Build {
  readonly code: FunctionCode
  /** The bundle's path. */
  readonly file: string
  /** Source files, without those of packages. */
  readonly sources: readonly string[]
  remove(): Promise<void>
}

/** Builds one entry again and again, each time into a new folder below the given one. */
export class Builder {
  readonly #entry: BundleEntry
  readonly #folder: string
  readonly #external: readonly string[]
  #context: BuildContext<{ metafile: true; write: false }> | undefined
  #built = 0
  #building: Promise<unknown> = Promise.resolve()

  constructor(entry: BundleEntry, folder: string, external: readonly string[] = []) {
    this.#entry = entry
    this.#folder = folder
    this.#external = external
  }

  /** @throws {BundleError} one paragraph with file and line */
  build(): Promise<Build> {
    const building = this.#build()
    this.#building = building.catch(() => {})
    return building
  }

  /** Waits for a build that runs: the context it makes would stay, and this process with it. */
  async dispose(): Promise<void> {
    await this.#building
    await this.#context?.dispose()
  }

  async #build(): Promise<Build> {
    // The name under which outputs are reported; nothing is written there.
    const outdir = join(this.#folder, 'build')
    const options = { entry: this.#entry, folder: outdir, external: this.#external }
    try {
      if (this.#context === undefined) {
        const { context } = await import('esbuild')
        this.#context = await context({ ...bundleOptions(options), write: false })
      }
      const { metafile, outputFiles } = await this.#context.rebuild()
      workerCode(metafile, options)
      this.#built += 1
      const folder = join(this.#folder, `build-${this.#built}`)
      await linkPackages({ ...options, folder })
      for (const { path, contents } of outputFiles) {
        const target = join(folder, path.slice(outdir.length + 1))
        await mkdir(dirname(target), { recursive: true })
        await writeFile(target, contents)
      }
      return {
        code: { root: folder, handler: 'index.handler' },
        file: join(folder, 'index.mjs'),
        sources: Object.keys(metafile.inputs)
          .map((input) => resolve(input))
          .filter((input) => !input.includes(`${sep}node_modules${sep}`)),
        remove: () => rm(folder, { recursive: true, force: true }),
      }
    } catch (error) {
      throw bundleError(error, this.#entry)
    }
  }
}
