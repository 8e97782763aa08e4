import assert from 'node:assert/strict'
import { readFile, realpath, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../../localstack/engines/command.ts'
import { root } from '../../localstack/engines/folders.ts'
import type { Checks } from './checks.ts'
import { queueExists } from './queues.ts'
import { temporaryFolder } from './temporary-folder.ts'

const page = join(root, 'docs', 'deploy.md')
const files = ['tasks.ts', 'worker.ts', 'stack.ts', 'cdk.json'] as const

/** docs/deploy.md, "from an empty directory": its own lines, with the package as it would be published. The account is bootstrapped already. */
export async function checkEmptyDirectory(checks: Checks): Promise<void> {
  const folder = temporaryFolder('empty')
  const call = (file: string, ...args: readonly string[]) => run(file, args, { cwd: folder, env: process.env })
  const installed = await checks.check('from an empty directory: the packed package installs', async () => {
    const packed = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root })
    const archive = /"filename": "([^"]+\.tgz)"/.exec(packed)?.[1]
    assert.ok(archive, packed)
    for (const [name, text] of await documentedFiles()) await writeFile(join(folder, name), text)
    await call('npm', 'init', '-y')
    await call('npm', 'pkg', 'set', 'type=module')
    const printed = await call('npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', `./${archive}`, 'zod')
    await linkTools(folder)
    return printed
  })
  if (installed === undefined) return
  await checks.check('from an empty directory: cdk deploy, and the CLI calls the task', async () => {
    await call('npx', 'cdk', 'deploy', '--require-approval', 'never', '--no-notices')
    const greeting = await call(
      'npx',
      'celeriac',
      'call',
      'greet',
      '{"name":"Ada"}',
      '--app',
      'tasks.ts',
      '--wait',
      '60s',
    )
    assert.match(greeting, /Hello Ada/)
  })
  await checks.check('from an empty directory: cdk destroy retains the queue', async () => {
    await call('npx', 'cdk', 'destroy', '--force', '--no-notices')
    assert.equal(await queueExists('hello-greetings'), true)
  })
}

/** The page's devDependencies are this repository's own, in the same versions: linked, they need not be unpacked, 200 MB of them. */
async function linkTools(folder: string): Promise<void> {
  const own = join(root, 'node_modules')
  const there = join(folder, 'node_modules')
  for (const name of ['aws-cdk', 'aws-cdk-lib', 'constructs', 'tsx', 'typescript']) {
    await symlink(await realpath(join(own, name)), join(there, name))
  }
  for (const command of ['cdk', 'tsx'])
    await symlink(await realpath(join(own, '.bin', command)), join(there, '.bin', command))
}

/** The page's code blocks that begin with a file's name. */
async function documentedFiles(): Promise<Map<string, string>> {
  const text = await readFile(page, 'utf8')
  const found = new Map<string, string>()
  for (const [, language, code = ''] of text.matchAll(/^```(ts|json)\n(.*?)^```$/gms)) {
    const name = /^\/\/ (\S+)\n/.exec(code)?.[1]
    // JSON knows no comments: there, the name is for the reader alone.
    if (name !== undefined && !found.has(name)) found.set(name, language === 'json' ? code.replace(/^.*\n/, '') : code)
  }
  return new Map(
    files.map((name) => {
      const code = found.get(name)
      assert.ok(code, `docs/deploy.md: expected a code block for ${name}, found ${[...found.keys()].join(', ')}`)
      return [name, code]
    }),
  )
}
