/** One process that starts local clouds, as the process of a test file does, and prints how long each took. */
import { fileURLToPath } from 'node:url'

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'

const loadingAt = performance.now()
const { makeApp } = await import('./app.ts')
const { startLocal } = await import('celeriac/local')
const loadMs = performance.now() - loadingAt

const worker = fileURLToPath(new URL('./worker.ts', import.meta.url))
const times = Number(process.argv[2])
const parallel = Number(process.argv[3])
const workers = Number(process.argv[4])

/** Milliseconds, of the process as a whole. */
export interface Starts {
  /** The modules, by tsx. */
  readonly loadMs: number
  readonly first: number
  readonly next: readonly number[]
  readonly stop: readonly number[]
  /** Each of those started at the same instant. */
  readonly parallel: readonly number[]
  /** With a worker in child processes, until one has loaded its code. */
  readonly withWorker: readonly number[]
}

const first = await start()
const next: Started[] = []
for (let time = 0; time < times; time++) next.push(await start())
const together = await Promise.all(Array.from({ length: parallel }, () => start()))
const withWorker: Started[] = []
for (let time = 0; time < workers; time++) withWorker.push(await start({ worker }))

const starts: Starts = {
  loadMs,
  first: first.ms,
  next: next.map(({ ms }) => ms),
  stop: next.map(({ stopMs }) => stopMs),
  parallel: together.map(({ ms }) => ms),
  withWorker: withWorker.map(({ ms }) => ms),
}
console.log(JSON.stringify(starts))

interface Started {
  readonly ms: number
  readonly stopMs: number
}

async function start(options: { readonly worker?: string } = {}): Promise<Started> {
  const { app } = makeApp()
  const startedAt = performance.now()
  const local = await startLocal(app, options)
  const readyAt = performance.now()
  await local.stop()
  return { ms: readyAt - startedAt, stopMs: performance.now() - readyAt }
}
