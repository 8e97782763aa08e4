import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const scenario = fileURLToPath(new URL('scenario.ts', import.meta.url))
const countLine = /^(\d+) passed, (\d+) failed\n/m

/** Runs scenario.ts, passes its lines on, and gives what it counted. One that ends without a count has failed. */
export async function runScenario(
  label: string,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly passed: number; readonly failed: number }> {
  const child = spawn(process.execPath, ['--import', 'tsx', scenario, label], {
    env: { ...env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  let text = ''
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    // Its own count is added to the others'; only the last line of this process counts all.
    process.stdout.write(chunk.replace(countLine, ''))
  })
  await new Promise((resolve) => child.once('close', resolve))
  const [, passed, failed] = countLine.exec(text) ?? []
  return { passed: Number(passed ?? 0), failed: Number(failed ?? 1) }
}
