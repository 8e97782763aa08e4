/** Writes the tables of docs/engines.md anew: `npx tsx test/deploy/write-engines-doc.ts` */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from '../../localstack/engines/folders.ts'
import { withTables } from './engines-doc.ts'

const file = join(root, 'docs', 'engines.md')
await writeFile(file, withTables(await readFile(file, 'utf8')))
