import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { Annotations, Match } from 'aws-cdk-lib/assertions'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { TaskQueues, type TaskQueuesProps } from '../../infra/index.ts'
import { emptyManifest, type ManifestApp, parseManifest, refusals, withApp } from '../../infra/manifest.ts'
import { code, shop, shopQueues } from './fixture.ts'

const queue = (name: string) => ({
  name,
  logicalId: `Q${name}`,
  deadLogicalId: `D${name}`,
  kind: 'standard' as const,
})
const deployed: ManifestApp = {
  stack: 'Shop',
  path: 'Shop/Tasks',
  table: { name: 'shop', logicalId: 'Table', keys: ['pk', 'sk'], indexes: { byTime: 'timeKey+timeSort: task' } },
  queues: { emails: queue('shop-emails'), video: queue('shop-video') },
}
const manifest = withApp(emptyManifest, 'shop', deployed)
const refused = (now: ManifestApp, prefix = 'shop') => refusals(manifest, prefix, now, 'names.json')

describe('a change is refused when tasks would be left behind', () => {
  it('not when nothing changes, a queue is added, or another copy is deployed', () => {
    expect(refused(deployed)).toEqual([])
    expect(refused({ ...deployed, queues: { ...deployed.queues, sms: queue('shop-sms') } })).toEqual([])
    expect(refused({ ...deployed, stack: 'Shop-dev', path: 'Shop-dev/Tasks' }, 'shop-dev')).toEqual([])
  })

  it('a queue that goes, with how to drain it', () => {
    const { video } = deployed.queues
    const [message, ...more] = refused({ ...deployed, queues: { video: video as never } })
    expect(more).toEqual([])
    expect(message).toMatch(/Queue 'emails' is no longer in the app, but 'shop-emails' may hold tasks/)
    expect(message).toMatch(
      /Drain it first: keep 'emails' .* 'celeriac inspect queues' .* delete "apps.shop.queues.emails" from names.json/,
    )
  })

  it('a queue that is renamed, saying that this is another queue', () => {
    const { video } = deployed.queues
    const [message] = refused({ ...deployed, queues: { video: video as never, mails: queue('shop-mails') } })
    expect(message).toMatch(/If 'mails' is its new name: to SQS that is another queue/)
  })

  it('a queue that becomes FIFO, gets another name, or another place in the tree', () => {
    const changed = (change: object) =>
      refused({ ...deployed, queues: { ...deployed.queues, emails: { ...queue('shop-emails'), ...change } } })
    expect(changed({ kind: 'fifo' })).toEqual([expect.stringMatching(/kind changes from standard to fifo/)])
    expect(changed({ name: 'x' })).toEqual([expect.stringMatching(/name changes from 'shop-emails' to 'x'/)])
    expect(changed({ logicalId: 'x' })).toEqual([expect.stringMatching(/moves from Shop\/Qshop-emails to Shop\/x/)])
    expect(changed({ deadLogicalId: 'x' })).toEqual([expect.stringMatching(/dead-letter queue moves/)])
  })

  it('an index with other keys or projections, in one sentence', () => {
    const { table } = deployed
    for (const [indexes, now] of [
      [{ byTime: 'timeKey+timeSort: task, state' }, 'timeKey+timeSort: task, state'],
      [{ byTime: 'hourKey+timeSort: task' }, 'hourKey+timeSort: task'],
      [{}, 'none'],
    ] as const) {
      const [message, ...more] = refused({ ...deployed, table: { ...table, indexes: indexes as never } })
      expect(message).toContain(
        `Index 'byTime' of table 'shop' would be replaced by one that misses the records of today: it changes from timeKey+timeSort: task to ${now}.`,
      )
      expect(message).toContain('delete "apps.shop.table.indexes.byTime" from names.json')
      expect(more).toEqual([])
    }
    const more = { ...table.indexes, byState: 'stateKey+timeSort: task' }
    expect(refused({ ...deployed, table: { ...table, indexes: more } })).toEqual([])
  })

  it('a table with another name, other keys, or another place', () => {
    const changed = (change: object) => refused({ ...deployed, table: { ...deployed.table, ...change } })
    expect(changed({ name: 'x' })).toEqual([expect.stringMatching(/Table 'shop' would be replaced .* to 'x'/)])
    expect(changed({ keys: ['id'] })).toEqual([expect.stringMatching(/keys change from pk, sk to id/)])
    expect(changed({ logicalId: 'x' })).toEqual([expect.stringMatching(/moves from Shop\/Table to Shop\/x/)])
  })

  it('another stack: everything would be made anew', () => {
    expect(refused({ ...deployed, stack: 'Store' })).toHaveLength(3)
  })

  it('an app that is renamed in its place', () => {
    expect(refused(deployed, 'store')).toEqual([
      expect.stringMatching(/The app was 'shop' in stack Shop and is 'store' now/),
    ])
  })

  it('a file that is none says so', () => {
    expect(() => parseManifest('{', 'names.json')).toThrow(/names.json: expected JSON/)
    expect(() => parseManifest('[]', 'names.json')).toThrow(/expected an object with apps/)
  })
})

describe('synth', () => {
  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'celeriac-manifest-'))
    file = join(folder, 'names.json')
    vi.stubEnv('CI', '')
    vi.stubEnv('CDK_OUTDIR', join(folder, 'cdk.out'))
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    rmSync(folder, { recursive: true })
  })

  function synth(props: Partial<TaskQueuesProps> = {}, id = 'Tasks') {
    const app = new App()
    const stack = new Stack(app, 'Shop')
    new TaskQueues(stack, id, { app: shop(), code, manifest: file, ...props })
    app.synth()
    return stack
  }
  const { emails: _, ...withoutEmails } = shopQueues

  it('called by cdk, writes the names down, adds to them, and keeps them as they are', () => {
    synth()
    const first = readFileSync(file, 'utf8')
    expect(JSON.parse(first).apps.shop.queues.emails).toMatchObject({ name: 'shop-emails', kind: 'standard' })
    synth()
    expect(readFileSync(file, 'utf8')).toBe(first)
    synth({ app: shop({ queues: { ...shopQueues, sms: {} } }) })
    expect(Object.keys(JSON.parse(readFileSync(file, 'utf8')).apps.shop.queues)).toEqual(['emails', 'video', 'sms'])
  })

  it('refuses to lose a queue, or to move it, and leaves the file as it is', () => {
    synth()
    const first = readFileSync(file, 'utf8')
    expect(() => synth({ app: shop({ queues: withoutEmails }) })).toThrow(/Drain it first/)
    expect(() => synth({}, 'Moved')).toThrow(/would be replaced by an empty one/)
    expect(readFileSync(file, 'utf8')).toBe(first)
  })

  it('accepts it once the entry is deleted', () => {
    synth()
    const names = JSON.parse(readFileSync(file, 'utf8'))
    delete names.apps.shop.queues.emails
    writeFileSync(file, JSON.stringify(names))
    expect(() => synth({ app: shop({ queues: withoutEmails }) })).not.toThrow()
  })

  it('in a test only reads; in CI reads and warns of what is missing', () => {
    vi.stubEnv('CDK_OUTDIR', undefined)
    synth()
    expect(existsSync(file)).toBe(false)
    vi.stubEnv('CDK_OUTDIR', join(folder, 'cdk.out'))
    vi.stubEnv('CI', 'true')
    const warned = synth()
    expect(existsSync(file)).toBe(false)
    Annotations.fromStack(warned).hasWarning(
      '/Shop/Tasks',
      Match.stringLikeRegexp('does not know emails, video of shop'),
    )
  })

  it('remembers no copy that is thrown away, and nothing when told so', () => {
    synth({ removalPolicy: RemovalPolicy.DESTROY })
    synth({ manifest: false })
    expect(existsSync(file)).toBe(false)
  })
})
