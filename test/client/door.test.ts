import { fileURLToPath } from 'node:url'
import * as celeriac from 'celeriac'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'

const entry = fileURLToPath(new URL('../../shared/index.ts', import.meta.url))

describe('the producer’s door', () => {
  it('loads the AWS SDK, and neither worker, local runtime nor CDK', async () => {
    const { metafile } = await build({
      entryPoints: [entry],
      bundle: true,
      format: 'esm',
      platform: 'node',
      write: false,
      outdir: 'unused',
      metafile: true,
      logLevel: 'silent',
    })
    const files = Object.keys(metafile.inputs)
    // Imported where the app is, not when it is first used: bundlers then leave out what of the SDK is not used.
    expect(files).toContain('shared/aws/ports.ts')
    expect(files.filter((file) => /shared\/(worker|local|memory|cdk)|aws-cdk|middy/.test(file))).toEqual([])
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
      'SupersededError',
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
