import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { rightsTable } from './rights-table.ts'

it('the rights in docs/constructs.md are those that are granted', () => {
  const doc = readFileSync(new URL('../../docs/constructs.md', import.meta.url), 'utf8')
  expect(doc, rightsTable()).toContain(rightsTable())
})
