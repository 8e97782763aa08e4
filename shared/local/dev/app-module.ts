import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import type { BundleEntry } from '../bundle.ts'

/** Where the app is: a module, and the name it is exported by, when there are several. */
export interface AppModule {
  readonly file: string
  readonly exportName?: string | undefined
}

/** What a bundle for `celeriac dev` exports: the handler that runs on Lambda, and the app, to read its queues from. */
export const appExport = '__celeriacApp'

const extensions = ['.ts', '.mts', '.js', '.mjs']

/** The worker that lies beside the app's module, if there is one that exports a handler. */
export function workerBeside({ file }: AppModule): string | undefined {
  return extensions
    .map((extension) => join(dirname(file), `worker${extension}`))
    .find((path) => existsSync(path) && /\bhandler\b/.test(readFileSync(path, 'utf8')))
}

/** One module of the app and its worker: the given one, or the one that every app could write. */
export function devEntry(app: AppModule, worker: string | undefined): BundleEntry {
  const folder = dirname(app.file)
  const handler =
    worker === undefined
      ? [`import { createWorker } from 'celeriac/worker'`, `export const handler = createWorker(${appExport})`]
      : [`export { handler } from ${JSON.stringify(pathFrom(folder, worker))}`]
  return {
    folder,
    name: `${basename(app.file)} (dev)`,
    contents: [
      `import * as exported from ${JSON.stringify(pathFrom(folder, app.file))}`,
      `export const ${appExport} = ${pickApp}(exported, ${JSON.stringify(app.exportName)}, ${JSON.stringify(basename(app.file))})`,
      ...handler,
    ].join('\n'),
  }
}

/** Part of the bundle, hence a text. */
const pickApp = `((exported, name, file) => {
  const isApp = (value) => typeof value === 'object' && value !== null && 'definition' in value && 'connect' in value
  if (name !== undefined) {
    if (isApp(exported[name])) return exported[name]
    throw new Error(file + ": expected an export '" + name + "' made by createApp(), received " + typeof exported[name] + '.')
  }
  const apps = [...new Set(Object.values(exported).filter(isApp))]
  if (apps.length === 1) return apps[0]
  throw new Error(
    apps.length === 0
      ? file + ' exports no app. Export what createApp() returns: export const app = createApp({ … }).'
      : file + ' exports ' + apps.length + ' apps. Say which: ' + file + '#name.',
  )
})`

function pathFrom(folder: string, file: string): string {
  const path = relative(folder, file).replaceAll('\\', '/')
  return path.startsWith('.') ? path : `./${path}`
}
