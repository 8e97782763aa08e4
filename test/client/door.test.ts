import { fileURLToPath } from 'node:url'
import * as celeriac from 'celeriac'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'

const entry = fileURLToPath(new URL('../../shared/index.ts', import.meta.url))

describe('the producer’s door', () => {
  it('loads neither the AWS SDK nor worker, local runtime or CDK before they are used', async () => {
    const { metafile } = await build({
      entryPoints: [entry],
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      write: false,
      outdir: 'unused',
      metafile: true,
      logLevel: 'silent',
    })
    const [, output] = Object.entries(metafile.outputs).find(([name]) => name.endsWith('index.js')) ?? []
    const loaded = new Set<string>()
    const load = (name: string): void => {
      if (loaded.has(name)) return
      loaded.add(name)
      for (const each of metafile.outputs[name]?.imports ?? []) if (each.kind === 'import-statement') load(each.path)
    }
    for (const [name, each] of Object.entries(metafile.outputs)) if (each === output) load(name)
    const files = [...loaded].flatMap((name) => Object.keys(metafile.outputs[name]?.inputs ?? {}))
    expect(files).toContain('shared/client/app.ts')
    expect(
      files.filter((file) => /@aws-sdk|@smithy|shared\/(aws|worker|local|memory|cdk)|aws-cdk|middy/.test(file)),
    ).toEqual([])
    // And they are there when they are needed.
    const all = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs))
    expect(all).toContain('shared/aws/ports.ts')
    expect(all.filter((file) => /shared\/(worker|local|cdk)|aws-cdk|middy/.test(file))).toEqual([])
  })

  it('can be read aloud in a minute', () => {
    expect(Object.keys(celeriac).sort()).toEqual([
      'CeleriacError',
      'DefinitionError',
      'EncodeError',
      'EnqueueError',
      'GetInsideTaskError',
      'IdempotencyConflictError',
      'IgnoreError',
      'InputError',
      'InputTooLargeError',
      'LedgerUnavailableError',
      'MaxRetriesExceededError',
      'RejectError',
      'RemoteError',
      'ResultGoneError',
      'ResultTimeoutError',
      'ResultTooLargeError',
      'SoftTimeLimitExceededError',
      'TableAccessError',
      'TaskExpiredError',
      'TaskFailedError',
      'TaskNotFoundError',
      'TaskRevokedError',
      'TimeLimitExceededError',
      'UnknownQueueError',
      'UnknownTaskError',
      'WorkerLostError',
      'consoleTelemetry',
      'createApp',
    ])
  })
})
