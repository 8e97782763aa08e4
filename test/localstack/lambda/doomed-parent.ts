// Started by parent-killed.system.test.ts: a parent with children in every state, which says who they are and waits to be killed.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProcessGuard } from '../../../localstack/process/process-guard.ts'
import { Functions } from './functions.ts'

const guard = startProcessGuard()
const folder = mkdtempSync(join(tmpdir(), 'celeriac test '))
guard.removeFolder(folder)
const lambda = new Functions().make({ timeoutMs: 600_000, guard })
await lambda.warm()
const descendant = await lambda.invoke(JSON.stringify({ mode: 'child' }), '')
void lambda.invoke(JSON.stringify({ mode: 'block' }), '')
void lambda.invoke(JSON.stringify({ mode: 'sleep', ms: 600_000 }), '')
await lambda.warm()
const pids = [...lambda.pids, Number(descendant.status === 'returned' ? descendant.payload : 0)]
console.log(JSON.stringify({ pids, folder }))
setInterval(() => {}, 60_000)
