import { fileURLToPath } from 'node:url'
import { type BuildOptions, build } from 'esbuild'
import { credentialsUnusedOnLambda } from '../infra/lambda-credentials.ts'
import { firstLoadBytes } from './dashboard.ts'

/**
 * What ends up in a Lambda bundle: the size of each door as CDK bundles it, and a check that nothing of the other doors is in it. Fails when a bundle is
 * larger than it may be, or holds what it must not.
 */
interface Bundle {
  readonly name: string
  readonly code: string
  readonly mostKb: number
  readonly forbidden: readonly RegExp[]
}

const developerOnly = [
  /aws-cdk/,
  /\/constructs\//,
  /\/commander\//,
  /\/esbuild\//,
  /cli-table3/,
  /shared\/local\//,
  /shared\/memory\//,
  /localstack\//,
  /infra\//,
  /cli\//,
  /shared\/(dashboard|insight|operate)\//,
  /\/hono\//,
  /\/zod\//,
  /\/preact\//,
]

const bundles: readonly Bundle[] = [
  {
    name: 'producer',
    code: "import { createApp } from './shared/index.ts'; export const app = createApp({ name: 'size', queues: { default: {} } })",
    mostKb: 430,
    forbidden: [...developerOnly, /shared\/worker/, /@middy/],
  },
  {
    name: 'worker',
    code: "import { createApp } from './shared/index.ts'; import { createWorker } from './shared/worker.ts'; const app = createApp({ name: 'size', queues: { default: {} } }); app.task('echo', {}, (input: unknown) => input); export const handler = createWorker(app)",
    mostKb: 450,
    forbidden: developerOnly,
  },
]

const root = fileURLToPath(new URL('..', import.meta.url))
const options: BuildOptions = {
  bundle: true,
  write: false,
  minify: true,
  keepNames: true,
  metafile: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  mainFields: ['module', 'main'],
  absWorkingDir: root,
  // As docs/deploy.md says for tasks that do not look for credentials themselves.
  external: [...credentialsUnusedOnLambda],
}

let failed = false
const pageKb = firstLoadBytes(fileURLToPath(new URL('../dist/dashboard/public', import.meta.url))) / 1_024
const mostPageKb = 120
console.log(`dashboard, first load: ${pageKb.toFixed(0)} KB gzip (at most ${mostPageKb} KB)`)
if (pageKb > mostPageKb || pageKb < 1) failed = true
for (const { name, code, mostKb, forbidden } of bundles) {
  const { outputFiles, metafile } = await build({
    ...options,
    stdin: { contents: code, resolveDir: root, loader: 'ts' },
  })
  const kb = (outputFiles?.[0]?.contents.length ?? 0) / 1_024
  const intruders = Object.keys(metafile?.inputs ?? {}).filter((input) =>
    forbidden.some((pattern) => pattern.test(input)),
  )
  console.log(`${name}: ${kb.toFixed(0)} KB minified (at most ${mostKb} KB)`)
  if (kb > mostKb || intruders.length > 0) failed = true
  for (const intruder of intruders.slice(0, 10)) console.error(`  must not be in it: ${intruder}`)
}
if (failed) process.exitCode = 1
