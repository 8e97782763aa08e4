import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildPage, bundleDoor } from './dashboard.ts'

/**
 * Compiles the package into dist/, and copies what goes along as it is: plain .mjs files, and the files of new projects.
 * dist/ is replaced only when the build is complete, so that programs that use it never see half of it.
 */
const root = fileURLToPath(new URL('..', import.meta.url))
const template = 'cli/init/template'
const out = mkdtempSync(join(root, 'dist.new-'))

try {
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [compiler, '-p', join(root, 'tsconfig.build.json'), '--outDir', out], {
    stdio: 'inherit',
    cwd: root,
  })
  for (const folder of ['shared', 'infra', 'cli', 'localstack/lambda']) copyPlain(join(root, folder))
  await bundleDoor(out)
  await buildPage(join(out, 'dashboard/public'))
  cpSync(join(root, template), join(out, template), { recursive: true })
  chmodSync(join(out, 'cli/main.js'), 0o755)
  // mkdtemp makes a private one; a package is for everybody.
  chmodSync(out, 0o755)
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  renameSync(out, join(root, 'dist'))
} catch (error) {
  rmSync(out, { recursive: true, force: true })
  // The compiler has said what is wrong.
  if (!(error instanceof Error && 'status' in error)) throw error
  process.exitCode = 1
}

function copyPlain(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) copyPlain(path)
    else if (name.endsWith('.mjs')) cpSync(path, join(out, relative(root, path)))
  }
}
