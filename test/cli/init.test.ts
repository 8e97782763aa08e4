import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { makeProject } from '../../cli/init/new-project.ts'
import { namesOf } from '../../cli/init/project-names.ts'

let folder: string
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'celeriac-init-')), 'Web Shop')
})
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }))

const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
function write(name: string, text: string): void {
  mkdirSync(join(folder, name, '..'), { recursive: true })
  writeFileSync(join(folder, name), text)
}

it('an empty folder: all files, named after it', () => {
  expect(makeProject(folder)).toMatchObject({ existing: undefined, left: [], package: { created: true } })
  expect(JSON.parse(read('package.json'))).toMatchObject({ name: 'web-shop', type: 'module', private: true })
  expect(read('tasks.ts')).toContain("name: 'web-shop'")
  expect(read('infra/app.ts')).toContain("new App(), 'WebShop'")
  expect(read('.gitignore')).toContain('node_modules/')
})

it('what is there stays as it is; package.json gets what it does not say', () => {
  write('worker.ts', '// mine')
  const scripts = { test: 'echo "Error: no test specified" && exit 1', deploy: 'make deploy' }
  write('package.json', JSON.stringify({ name: 'mine', scripts, devDependencies: { zod: '3.0.0' } }, null, '\t'))
  const { left, package: changes } = makeProject(folder)
  expect(left).toEqual(['worker.ts'])
  expect(changes.left).toEqual(['scripts.deploy'])
  expect(changes.scripts.deploy).toBe('tasks:deploy')
  expect(read('worker.ts')).toBe('// mine')
  expect(read('package.json')).toContain('\n\t"scripts"')
  const content = JSON.parse(read('package.json')) as Record<string, Record<string, string>>
  expect(content.name).toBe('mine')
  expect(content.scripts).toMatchObject({ deploy: 'make deploy', test: 'tsx --test test/tasks.test.ts' })
  expect(content.devDependencies?.zod).toBe('3.0.0')
  expect(content.dependencies?.zod).toBeUndefined()
})

it('an app that is there: worker and stack are made for it, without an example', () => {
  write('src/tasks.ts', 'export const app = 1')
  const { existing, written } = makeProject(folder)
  expect(existing).toBe('src/tasks.ts')
  expect(written).not.toContain('tasks.ts')
  expect(written).not.toContain('test/tasks.test.ts')
  expect(read('src/worker.ts')).toContain("from './tasks.ts'")
  expect(read('infra/app.ts')).toContain("entry: 'src/worker.ts'")
  expect(read('infra/app.ts')).toContain("from '../src/tasks.ts'")
})

it('a package.json that is none is told, and nothing is written', () => {
  write('package.json', '{ nope')
  expect(() => makeProject(folder)).toThrow(/package\.json cannot be read/)
  expect(() => read('tasks.ts')).toThrow(/ENOENT/)
})

it.each([
  ['Web Shop', 'web-shop', 'WebShop'],
  ['2nd', '2nd', 'App2nd'],
  ['x', 'my-app', 'MyApp'],
  ['日本', 'my-app', 'MyApp'],
  ['-a_b.c-', 'a-b-c', 'ABC'],
])('a folder %s gives names that AWS takes', (name, app, stack) => {
  expect(namesOf(name)).toEqual({ app, stack })
})
