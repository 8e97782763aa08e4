import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { quoting } from '../../cli/arguments.ts'
import { makeProject } from '../../cli/init/new-project.ts'
import { root } from './processes.ts'
import { runCli } from './run-cli.ts'

let folder: string
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'celeriac-init-')), 'web shop')
})
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }))

const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
function write(name: string, text: string): void {
  mkdirSync(join(folder, name, '..'), { recursive: true })
  writeFileSync(join(folder, name), text)
}

it.each([
  ['export const shop = createApp({})', "import { shop as app } from './tasks.ts'"],
  ['const shop = createApp({})\nexport { shop }', "import { shop as app } from './tasks.ts'"],
  ['const a = createApp({})\nexport { other, a as jobs }', "import { jobs as app } from './tasks.ts'"],
  ['const a = createApp({})\nexport default a', "import { default as app } from './tasks.ts'"],
  ['export default createApp({})', "import { default as app } from './tasks.ts'"],
  ['export const app = createApp({})', "import { app } from './tasks.ts'"],
])('the app keeps its own export name: %s', (source, line) => {
  write('src/tasks.ts', source)
  makeProject(folder)
  expect(read('src/worker.ts')).toContain(line)
})

it('the app that package.json names is the app; worker and stack are made for it', () => {
  write('package.json', '{ "celeriac": { "app": "jobs/all.ts#jobs" } }')
  write('jobs/all.ts', 'export const jobs = make()')
  expect(makeProject(folder)).toMatchObject({ existing: 'jobs/all.ts', exportName: 'jobs' })
  expect(read('jobs/worker.ts')).toContain("import { jobs as app } from './all.ts'")
  expect(read('infra/app.ts')).toContain("import { jobs as app } from '../jobs/all.ts'")
  expect(read('infra/app.ts')).toContain("entry: 'jobs/worker.ts'")
})

it('what is printed is true: taken script names, no example where there is none', async () => {
  write('src/tasks.ts', 'export const app = createApp({})')
  write('package.json', JSON.stringify({ scripts: { dev: 'vite', test: 'vitest' } }))
  write('.gitignore', 'node_modules\ndist')
  const { stdout } = await runCli(['init', folder])
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  expect(scripts).toMatchObject({ dev: 'vite', test: 'vitest', 'tasks:dev': expect.stringMatching(/^celeriac dev/) })
  expect(stdout).toContain('npm run tasks:dev ')
  expect(stdout).not.toContain('npm run dev ')
  expect(stdout).not.toContain('greet')
  expect(stdout).not.toContain('npm run test')
  expect(stdout).toMatch(/cd ".*web shop"/)
  expect(stdout).toContain('Added to .gitignore: cdk.out/, .celeriac/.')
  expect(read('.gitignore')).toBe('node_modules\ndist\ncdk.out/\n.celeriac/\n')
  // Once more changes nothing.
  const before = read('package.json')
  makeProject(folder)
  expect(read('package.json')).toBe(before)
})

describe('a project that TypeScript compiles', { timeout: 120_000 }, () => {
  const paths = { celeriac: [`${root}shared/index.ts`], 'celeriac/*': [`${root}shared/*.ts`] }
  const nodenext = { module: 'nodenext', moduleResolution: 'nodenext', target: 'es2022', outDir: 'dist' }
  const options = { ...nodenext, strict: true, skipLibCheck: true, types: ['node'] }

  it('nodenext and outDir: no import of .ts, and the stack stays out of dist/', () => {
    write('package.json', '{ "type": "module" }')
    write('tsconfig.json', JSON.stringify({ compilerOptions: options }))
    write(
      'src/tasks.ts',
      `import { createApp } from 'celeriac'\nexport const app = createApp({ name: 'web', queues: { a: {} } })\n`,
    )
    makeProject(folder)
    expect(read('src/worker.ts')).toContain("from './tasks.js'")
    expect(read('infra/app.mjs')).toContain("from '../src/tasks.ts'")
    expect(read('cdk.json')).toContain('infra/app.mjs')
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    // The package's types stand in for its sources, which are not the project's to compile.
    write(
      'celeriac.d.ts',
      `declare module 'celeriac' { export function createApp(options: object): object }
declare module 'celeriac/worker' { export function createWorker(app: object): () => void }`,
    )
    const { stdout, status } = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc')], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect(`${status} ${stdout}`).toBe('0 ')
    expect(readdirSync(join(folder, 'dist')).sort()).toEqual(['tasks.js', 'worker.js'])
  })

  it('a rootDir is where a new project goes', () => {
    write('tsconfig.json', JSON.stringify({ compilerOptions: { ...options, rootDir: './src' } }))
    expect(makeProject(folder).written).toEqual(
      expect.arrayContaining(['src/tasks.ts', 'src/worker.ts', 'src/tasks.test.ts', 'infra/app.mjs']),
    )
    expect(read('src/tasks.test.ts')).toContain("from './tasks.js'")
    expect(read('package.json')).toContain('tsx --test src/tasks.test.ts')
  })

  it('a tsconfig that allows .ts keeps it', () => {
    write(
      'tsconfig.json',
      JSON.stringify({ compilerOptions: { noEmit: true, allowImportingTsExtensions: true, paths } }),
    )
    makeProject(folder)
    expect(read('worker.ts')).toContain("from './tasks.ts'")
    expect(read('infra/app.ts')).toContain("from '../tasks.ts'")
  })
})

it('JSON is quoted as the shell needs it', () => {
  expect(quoting('win32')).toContain(String.raw`"{\"to\":\"ada@example.com\"}"`)
  expect(quoting('linux')).toContain(`'{"to":"ada@example.com"}'`)
})
