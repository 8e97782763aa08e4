import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { paintPictures } from '../../examples/shop/pictures.ts'
import { type CdkRun, deploy, destroy } from '../../localstack/engines/cdk.ts'
import { run } from '../../localstack/engines/command.ts'
import { root } from '../../localstack/engines/folders.ts'
import type { Checks } from './checks.ts'
import { queueExists } from './queues.ts'
import { temporaryFolder } from './temporary-folder.ts'

/**
 * The repository's own `cdk.json`, deployed as anybody would, and used through the CLI alone: what a user of the example does. Pictures are
 * resized where the function runs, so this is for engines that run functions on this machine, with its files.
 */
export async function checkShop(checks: Checks): Promise<void> {
  const output = temporaryFolder('cdk')
  const pictures = temporaryFolder('pictures')
  const cdk: CdkRun = { env: process.env, output }
  const deployed = await checks.check('the repository’s own cdk.json: cdk deploy', () => deploy(cdk))
  if (deployed === undefined) return
  await checks.check('the CLI calls a task of it and shows the result', async () => {
    for await (const file of paintPictures(pictures, 1)) {
      const input = JSON.stringify({ file, folder: pictures, widths: [120, 240] })
      const printed = await celeriac('--json', 'call', 'images.resize', input, '--wait', '90s')
      const { state, result } = JSON.parse(printed.slice(printed.indexOf('{')))
      assert.equal(state, 'SUCCESS')
      assert.deepEqual(
        result.map(({ width }: { readonly width: number }) => width),
        [120, 240],
      )
    }
    assert.equal((await readdir(pictures)).length, 3)
  })
  await checks.check('the CLI shows its queues', async () => {
    assert.match(await celeriac('inspect', 'queues'), /images/)
  })
  await checks.check('the repository’s own cdk.json: cdk destroy', async () => {
    await destroy(cdk)
    assert.equal(await queueExists('shop-images'), false)
  })
}

function celeriac(...args: readonly string[]): Promise<string> {
  const command = ['--import', 'tsx', join(root, 'cli', 'main.ts'), '--app', join(root, 'examples/shop/tasks.ts')]
  return run(process.execPath, [...command, ...args], { cwd: root })
}
