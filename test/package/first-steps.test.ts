import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DevProcess, User } from './user.ts'

// A new user's first ten minutes, from an empty folder, in order. Each step needs the ones before it.

const repository = fileURLToPath(new URL('../..', import.meta.url))
const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string }
const celeriac = ['node_modules/.bin/celeriac'] as const

let user: User
let dev: DevProcess | undefined

beforeAll(() => {
  user = new User()
})
afterAll(() => {
  dev?.kill()
  user.leave()
})

describe('from an empty folder', { timeout: 600_000 }, () => {
  it('the packed package installs, with nothing but what producers and workers need', async () => {
    const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', user.home], { cwd: repository })
    const tarball = join(user.home, String(packed).trim().split('\n').at(-1) ?? '')
    await user.does('npm', 'init', '-y')
    await user.does('npm', 'install', '--no-audit', '--no-fund', tarball)
    expect(user.has('node_modules/aws-cdk-lib')).toBe(false)
    expect(user.has('node_modules/constructs')).toBe(false)
    expect(await user.does('npx', 'celeriac', '--version')).toBe(version)
  })

  it('no stack leads to a file that is not in the package', () => {
    expect(
      execFileSync('find', [join(user.folder, 'node_modules/celeriac/dist'), '-name', '*.map'], { encoding: 'utf8' }),
    ).toBe('')
  })

  it('every door opens without the CDK, but its own', async () => {
    const doors = ['celeriac', 'celeriac/worker', 'celeriac/local', 'celeriac/testing']
    const script = `
      for (const door of ${JSON.stringify(doors)}) if (Object.keys(await import(door)).length === 0) throw new Error(door)
      console.log(await import('celeriac/cdk').catch((error) => error.message))`
    expect(await user.does('node', '--input-type=module', '--eval', script)).toMatch(
      /Cannot find package '(aws-cdk-lib|constructs)'/,
    )
  })

  it('celeriac init writes a project, adds to package.json, and overwrites nothing', async () => {
    const before = JSON.parse(user.read('package.json')) as Record<string, unknown>
    const said = await user.does('npx', 'celeriac', 'init')
    expect(said).toContain(
      'Wrote tasks.ts, test/tasks.test.ts, worker.ts, infra/app.ts, cdk.json, tsconfig.json, .gitignore',
    )
    const after = JSON.parse(user.read('package.json')) as { dependencies: object; scripts: object }
    expect(after).toMatchObject({
      name: before.name,
      version: before.version,
      dependencies: before.dependencies as object,
    })
    expect(Object.keys(after.scripts)).toEqual(expect.arrayContaining(['dev', 'call', 'test', 'check', 'deploy']))
    writeFileSync(join(user.folder, 'worker.ts'), `${user.read('worker.ts')}// mine\n`)
    expect(await user.does('npx', 'celeriac', 'init')).toMatch(/Left alone, because it was there: worker\.ts/)
    expect(user.read('worker.ts')).toContain('// mine')
    await user.does('npm', 'install', '--no-audit', '--no-fund')
  })

  it('its test passes, and its types hold', async () => {
    const { code, stdout } = await user.run(['npm', 'test'])
    expect(stdout).toMatch(/pass 2/)
    expect(code).toBe(0)
    await user.does('npm', 'run', 'check')
  })

  it('the stack is synthesised without network and credentials', async () => {
    const nowhere = 'http://127.0.0.1:9'
    const env = { https_proxy: nowhere, http_proxy: nowhere, HTTPS_PROXY: nowhere, HTTP_PROXY: nowhere }
    const { code, stderr } = await user.run(['node_modules/.bin/cdk', 'synth', '--quiet'], { env })
    expect(`${code} ${stderr}`).toMatch(/^0 /)
    const template = JSON.parse(user.read('cdk.out/App.template.json')) as {
      Resources: Record<string, { Type: string }>
    }
    const types = Object.values(template.Resources).map(({ Type }) => Type)
    expect(types).toEqual(
      expect.arrayContaining(['AWS::SQS::Queue', 'AWS::Lambda::Function', 'AWS::Lambda::EventSourceMapping']),
    )
  })

  it('celeriac dev works what celeriac call sends, reloads on change, and leaves nothing behind', async () => {
    dev = new DevProcess(user.start([...celeriac, 'dev', '--json']))
    const ready = await dev.line(({ type }) => type === 'ready')
    const env = ready.environment as Record<string, string>
    const call = async (name: string): Promise<string> => {
      const { stdout, stderr } = await user.run(
        [...celeriac, 'call', 'greet', JSON.stringify({ name }), '--wait', '60s'],
        {
          env,
        },
      )
      return stdout.trim() || stderr
    }
    expect(await call('Ada')).toBe('"Hello Ada"')
    expect(await dev.line(({ type }) => type === 'succeeded')).toMatchObject({ task: 'greet' })

    writeFileSync(join(user.folder, 'tasks.ts'), user.read('tasks.ts').replace('Hello ', 'Good day '))
    await dev.line(({ type }) => type === 'reloaded')
    expect(await call('Bob')).toBe('"Good day Bob"')

    expect(user.processes().length).toBeGreaterThan(1)
    dev.interrupt()
    expect(await dev.exited).toBe(0)
    expect(user.processes()).toEqual([])
  })
})

describe('a wrong turn is told in one paragraph', { timeout: 120_000 }, () => {
  async function said(command: readonly string[], cwd = user.folder): Promise<string> {
    const { code, stdout, stderr } = await user.run([join(user.folder, celeriac[0]), ...command], { cwd })
    expect(code).not.toBe(0)
    expect(stdout).toBe('')
    expect(stderr.trimEnd()).not.toContain('\n')
    return stderr
  }

  it('no app', async () => {
    const told = await said(['dev'], user.subfolder('nothing-here'))
    expect(told).toMatch(/No app was found in .*nothing-here.*--app.*celeriac init/)
  })

  it('a missing input', async () => {
    expect(await said(['call', 'greet'])).toMatch(/input of task 'greet'/)
    expect(await said(['call', 'greet', '{"nam":"Ada"}'])).toMatch(/task 'greet'.*name:/)
  })

  it('a taken port', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    try {
      expect(await said(['dev', '--sqs-port', String(port)])).toMatch(new RegExp(`${port}.*--sqs-port`))
      expect(await said(['dev', '--dynamodb-port', String(port)])).toMatch(new RegExp(`${port}.*--dynamodb-port`))
    } finally {
      server.close()
    }
    expect(user.processes()).toEqual([])
  })

  it('a syntax error', async () => {
    const folder = user.subfolder('app/broken')
    writeFileSync(join(folder, 'tasks.ts'), 'export const app = (\n  1 2\n)\n')
    expect(await said(['call', 'greet', '{}'], folder)).toMatch(/tasks\.ts:2:5/)
    expect(await said(['dev'], folder)).toMatch(/tasks\.ts:2:5/)
    expect(user.processes()).toEqual([])
  })
})
