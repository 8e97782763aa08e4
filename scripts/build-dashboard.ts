import { fileURLToPath } from 'node:url'
import { buildPage } from './dashboard.ts'

/** The page alone, for work in this repository. */
await buildPage(fileURLToPath(new URL('../dist/dashboard/public', import.meta.url)))
