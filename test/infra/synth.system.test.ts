import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'celeriac-synth-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Without the network where Linux lets a user make a network of his own with nobody in it. */
const alone = spawnSync('unshare', ['-rn', 'true']).status === 0 ? ['unshare', '-rn'] : []

async function cdk(...args: readonly string[]): Promise<void> {
  const [command = '', ...rest] = [...alone, process.execPath, join(root, 'node_modules/aws-cdk/bin/cdk'), ...args]
  const { PATH, HOME = folder } = process.env
  // No credentials, no region, nothing of the caller's.
  await promisify(execFile)(command, rest, { cwd: root, env: { PATH, HOME, CI: 'true' }, maxBuffer: 1e8 })
}

describe('cdk synth of the repository', () => {
  beforeAll(() => cdk('synth', '--quiet', '--no-notices', '--output', folder), 240_000)

  it('needs no credentials and no network, and passes the CDK’s own validation as errors', () => {
    const flags = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')).context as Record<string, unknown>
    expect(flags['@aws-cdk/core:validateAgainstDefaultRules']).toBe(true)
    const template = JSON.parse(readFileSync(join(folder, 'Shop.template.json'), 'utf8'))
    const names = Object.values<{ Type: string; Properties: { QueueName?: string } }>(template.Resources)
      .filter(({ Type }) => Type === 'AWS::SQS::Queue')
      .map(({ Properties }) => Properties.QueueName)
    expect(names).toContain('shop-emails')
  })

  it('bundles once for all queues, with source maps that carry no source', () => {
    const assets = readdirSync(folder).filter((name) => name.startsWith('asset.'))
    expect(assets).toHaveLength(1)
    const map = JSON.parse(readFileSync(join(folder, String(assets[0]), 'index.mjs.map'), 'utf8'))
    expect(map.sourcesContent).toBeUndefined()
  })

  it('the bundle loads, CommonJS packages of its tasks included, and exports the handler', async () => {
    const [asset] = readdirSync(folder).filter((name) => name.startsWith('asset.'))
    const url = pathToFileURL(join(folder, String(asset), 'index.mjs')).href
    const code = `const bundle = await import(${JSON.stringify(url)}); console.log(typeof bundle.handler)`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code])
    expect(stdout.trim()).toBe('function')
  }, 60_000)

  it('leaves no manifest for an example that is thrown away', () => {
    expect(existsSync(join(root, 'celeriac.deployed.json'))).toBe(false)
  })
})
