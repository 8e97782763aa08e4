import { execFileSync } from 'node:child_process'
import { cpSync, readdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Compiles the package into dist/, and copies what runs as it is (plain .mjs files). */
const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const out = join(root, 'dist')

rmSync(out, { recursive: true, force: true })
execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'tsconfig.build.json')], {
  stdio: 'inherit',
  cwd: root,
})
for (const folder of ['shared', 'infra', 'cli']) copyPlain(join(root, folder))

function copyPlain(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) copyPlain(path)
    else if (name.endsWith('.mjs')) cpSync(path, join(out, relative(root, path)))
  }
}
