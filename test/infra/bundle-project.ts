import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { App, type Environment, Stack } from 'aws-cdk-lib'
import { TaskQueues, type TaskQueuesProps } from '../../infra/index.ts'
import { defineApp } from '../../shared/core/app.ts'

/** A project in a folder of its own, with a worker that is bundled when the stack is made. */
export class BundleProject {
  readonly folder = mkdtempSync(join(tmpdir(), 'celeriac-bundles-'))
  #made = 0

  /** @param files by path */
  constructor(files: Readonly<Record<string, string>>) {
    this.write({ 'package.json': '{"type":"module"}', ...files })
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(this.path(path)), { recursive: true })
      writeFileSync(this.path(path), text)
    }
  }

  /** A file of the project that is no text. */
  copy(from: string, path: string): void {
    mkdirSync(dirname(this.path(path)), { recursive: true })
    cpSync(from, this.path(path))
  }

  path(path: string): string {
    return join(this.folder, path)
  }

  /** Makes the stack. @returns the folder that would be uploaded, and the CDK's app to be synthesised */
  bundle(props: Partial<TaskQueuesProps> = {}, env: Environment = {}): { readonly folder: string; readonly cdk: App } {
    this.#made += 1
    const outdir = this.path(`cdk.out/${this.#made}`)
    const cdk = new App({ outdir, analyticsReporting: false })
    new TaskQueues(new Stack(cdk, 'Stack', { env }), 'Tasks', {
      app: defineApp({ name: 'probe', queues: { default: {}, other: {} } }),
      entry: this.path('worker.ts'),
      manifest: false,
      ...props,
    })
    const [asset] = readdirSync(outdir).filter((name) => name.startsWith('asset.'))
    return { folder: join(outdir, String(asset)), cdk }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** What the handler of a bundle answers, in a process of its own, as Lambda would call it. */
export function answerOf(folder: string): unknown {
  const file = readdirSync(folder).find((name) => /^index\.m?js$/.test(name)) ?? 'index.mjs'
  const url = pathToFileURL(join(folder, file)).href
  const code = `const { handler } = await import(${JSON.stringify(url)}); console.log(JSON.stringify(await handler()))`
  const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', code], { stdio: 'pipe' })
  return JSON.parse(printed.toString())
}
