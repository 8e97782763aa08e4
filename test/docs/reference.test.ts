import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { reference, referencePath } from '../../scripts/reference.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

it('docs/reference.md says what the types say: npm run reference', () => {
  expect(readFileSync(referencePath, 'utf8')).toBe(reference())
})

it('the README links every page of docs, and every link leads somewhere', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const pages = readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)
  const links = [...readme.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, link]) => link ?? '')
  expect(links).toEqual(expect.arrayContaining(pages))
  const here = links.filter((link) => !/^https?:/.test(link))
  const there = here.filter((link) => readdirSync(join(root, link, '..')).includes(link.split('/').at(-1) ?? ''))
  expect(here).toEqual(there)
})
