import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../../localstack/engines/folders.ts'
import { withTables } from './engines-doc.ts'

it('docs/engines.md has the tables that probes and gaps give; else run test/deploy/write-engines-doc.ts', async () => {
  const page = await readFile(join(root, 'docs', 'engines.md'), 'utf8')
  expect(page).toBe(withTables(page))
})
