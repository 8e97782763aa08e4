import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'celeriac-docs-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Code blocks that begin with the name of their file. */
function filesIn(doc: string): ReadonlyMap<string, string> {
  const text = readFileSync(join(root, 'docs', doc), 'utf8')
  const blocks = [...text.matchAll(/```(?:ts|json)\n\/\/ ([\w.-]+)\n([\s\S]*?)```/g)]
  return new Map(blocks.map(([, name = '', code = '']) => [name, code]))
}

const files = new Map([...filesIn('deploy.md'), ...filesIn('constructs.md')])

/** `celeriac` as installed, and a lock file, as `npm install` leaves one. */
const paths = { celeriac: [join(root, 'shared/index.ts')], 'celeriac/*': [join(root, 'shared/*.ts')] }
const tsconfig = {
  extends: join(root, 'tsconfig.json'),
  compilerOptions: { paths, typeRoots: [join(root, 'node_modules/@types')] },
  include: ['*.ts'],
}

async function synth(file: string): Promise<string> {
  const out = join(folder, `out-${file}`)
  const { CI: _, ...env } = process.env
  await promisify(execFile)(process.execPath, [join(root, 'node_modules/tsx/dist/cli.mjs'), file], {
    cwd: folder,
    // The other tests validate the same templates. To load the validation takes five seconds of processor time.
    env: { ...env, CDK_OUTDIR: out, CDK_VALIDATION: 'false' },
  })
  return out
}

describe('the code of the docs', () => {
  beforeAll(() => {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(folder, 'package-lock.json'), '{}')
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))
    for (const [name, code] of files) writeFileSync(join(folder, name), code)
  })

  it('is of the right types', async () => {
    expect([...files.keys()]).toEqual([
      'tasks.ts',
      'worker.ts',
      'stack.ts',
      'cdk.json',
      'existing-stack.ts',
      'api.ts',
      'parts.ts',
    ])
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const check = promisify(execFile)(process.execPath, [tsc, '-p', folder, '--noEmit'])
    await check.catch(({ stdout }: { stdout: string }) => expect.fail(stdout))
  }, 240_000)

  it('synthesises from an empty directory in five lines', async () => {
    const template = readFileSync(join(await synth('stack.ts'), 'Hello.template.json'), 'utf8')
    expect(template).toContain('"hello-greetings-dead"')
    expect(readFileSync(join(folder, 'celeriac.deployed.json'), 'utf8')).toContain('"hello-greetings"')
  }, 240_000)

  it('synthesises within another app, and from parts', async () => {
    // Both name the same app in other stacks: that would be refused, and rightly so.
    rmSync(join(folder, 'celeriac.deployed.json'), { force: true })
    const existing = readFileSync(join(await synth('existing-stack.ts'), 'Shop.template.json'), 'utf8')
    expect(existing).toContain('"GREETING"')
    const parts = readFileSync(join(await synth('parts.ts'), 'Parts.template.json'), 'utf8')
    expect(parts).toContain('AWS::CloudWatch::Dashboard')
  }, 240_000)
})
