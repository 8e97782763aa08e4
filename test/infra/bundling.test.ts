import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { workerBundling } from '../../infra/bundling.ts'
import { credentialsUnusedOnLambda } from '../../infra/lambda-credentials.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const contents = `
  import { createApp } from 'celeriac'
  import { createWorker } from 'celeriac/worker'
  const app = createApp({ name: 'app', queues: { queue: {} } })
  app.task('task', {}, () => 1)
  export const handler = createWorker(app)`

async function bundle(external: readonly string[] = []): Promise<string> {
  const { mainFields = [], target, minify = false, keepNames = false, banner = '' } = workerBundling
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root, loader: 'ts' },
    absWorkingDir: root,
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    minify,
    keepNames,
    mainFields: [...mainFields],
    banner: { js: banner },
    external: [...external],
    ...(target !== undefined && { target }),
  })
  return outputFiles[0]?.text ?? ''
}

describe('the bundle of a worker with one task', () => {
  it('has the SDK in it: nothing of it is looked for at AWS', async () => {
    const text = await bundle()
    expect(text).not.toMatch(/(from|import\()\s*"@(aws-sdk|smithy)/)
    expect(text.length).toBeLessThan(570 * 1_024)
  })

  it('keeps the names of classes: an error is told by its name in records and dead letters', async () => {
    expect(await bundle()).toContain('"WorkerLostError"')
  })

  it('without the search for credentials of laptops is at most 450 KB, and imports what it lacks only when asked', async () => {
    const text = await bundle(credentialsUnusedOnLambda)
    expect(text.length).toBeLessThan(450 * 1_024)
    expect(text).toContain('import("@aws-sdk/credential-provider-sso")')
    expect(text).not.toMatch(/^import[^(][^;]*"@aws-sdk/m)
  })
})
