/**
 * Runs the local SQS server against the clients of other languages' SDKs.
 *
 *   npm run test:sdks [-- python|java ...]
 *
 * Python: installs boto3 from PyPI into a virtual environment in a temporary folder. Java: builds with Maven, which
 * gets the SDK from its repository; needs a JDK 17. Not part of the ordinary test run, as it downloads both. A language
 * that this machine does not have is left out, unless it was asked for.
 */
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startSqsServer } from '../../../../localstack/sqs/server/index.ts'

const here = fileURLToPath(new URL('.', import.meta.url))

function run(command: string, args: string[], options: { cwd?: string; env?: Record<string, string> } = {}) {
  return new Promise<void>((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: 'inherit',
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...process.env, ...options.env },
    })
    child.once('error', reject)
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${command} ended with code ${code}`))))
  })
}

interface Language {
  readonly needs: string
  check(folder: string, endpoint: string): Promise<void>
}

const languages: Readonly<Record<string, Language>> = {
  python: {
    needs: 'python3',
    async check(folder, endpoint) {
      await run('python3', ['-m', 'venv', join(folder, 'venv')])
      const python = join(folder, 'venv', 'bin', 'python')
      await run(python, ['-m', 'pip', 'install', '--quiet', 'boto3'])
      await run(python, [join(here, 'check.py'), endpoint])
    },
  },
  java: {
    needs: 'mvn',
    async check(folder, endpoint) {
      cpSync(join(here, 'java'), folder, { recursive: true })
      const args = ['-q', '-B', 'compile', 'exec:java', '-Dexec.mainClass=Check', `-Dexec.args=${endpoint}`]
      await run('mvn', args, { cwd: folder })
    },
  },
}

const chosen = process.argv.slice(2)
for (const name of chosen.length > 0 ? chosen : Object.keys(languages)) {
  const language = languages[name]
  if (language === undefined)
    throw new Error(`unknown language '${name}': expected ${Object.keys(languages).join(', ')}`)
  if (chosen.length === 0 && spawnSync(language.needs, ['--version']).error !== undefined) {
    console.log(`${name}: left out, there is no ${language.needs} on this machine`)
    continue
  }
  const folder = mkdtempSync(join(tmpdir(), `sqs-${name}-`))
  const server = await startSqsServer()
  try {
    await language.check(folder, server.endpoint)
    console.log(`${name}: ok`)
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
