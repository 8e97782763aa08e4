import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  enqueuePermissions,
  findQueuePermission,
  operatePermissions,
  type Permission,
  resultsPermissions,
  workPermissions,
} from '../../infra/permissions.ts'
import { servicePorts } from '../../shared/ports/index.ts'
import { rightsOf } from './recorded-requests.ts'

/*
 * The written list of rights is held against the code: which methods of the ports each side calls, and which requests the adapters make for each
 * of them. A call that is added without its right fails here before it fails at AWS; so does a right that nothing needs any more.
 */

/** What the methods of CertainLedger call. */
const certain: Readonly<Record<string, readonly string[]>> = {
  insert: ['records.insert', 'records.read', 'inputs.write'],
  change: ['records.update', 'records.read'],
}

/** `records.read`, `queues.send`, … as the files call them. */
function callsIn(files: readonly string[]): ReadonlySet<string> {
  const calls = new Set<string>()
  for (const file of files) {
    const text = readFileSync(new URL(`../../shared/${file}`, import.meta.url), 'utf8')
    for (const [, method = ''] of text.matchAll(/\bledger\s*\.(\w+)\(/g))
      for (const call of certain[method] ?? []) calls.add(call)
    for (const { name, methods } of Object.values(servicePorts)) {
      for (const method of Object.keys(methods)) {
        if (new RegExp(`\\b${name}\\s*\\.${method}\\(`).test(text)) calls.add(`${name}.${method}`)
      }
    }
  }
  return calls
}

const folder = (name: string) =>
  readdirSync(new URL(`../../shared/${name}/`, import.meta.url)).map((file) => `${name}/${file}`)

async function rightsOfFiles(files: readonly string[], queueBaseUrl?: string): Promise<readonly string[]> {
  const all = new Set<string>()
  for (const call of callsIn(files)) for (const right of await rightsOf(call, queueBaseUrl)) all.add(right)
  return [...all].sort()
}

const listed = (permissions: readonly Permission[]) =>
  [...new Set(permissions.map(({ action, on }) => `${action} on ${on}`))].sort()

const known = 'https://sqs.eu-west-1.amazonaws.com/111122223333'
const enqueuing = [
  ...folder('enqueue'),
  ...folder('client').filter((file) => /\/(bulk-enqueue|ending|record-actions)\.ts$/.test(file)),
]
const reading = ['client/result-poller.ts', 'client/task-info.ts', 'client/async-result.ts']
const operating = ['client/inspect.ts', 'client/app.ts', 'client/record-actions.ts', 'protocol/reconcile.ts']

describe('the written rights are those that the requests of the code need', () => {
  it('of a producer', async () => {
    expect(await rightsOfFiles(enqueuing, known)).toEqual(listed(enqueuePermissions))
  })

  it('of a producer that does not know the URLs of queues', async () => {
    expect(await rightsOfFiles(enqueuing)).toEqual(listed([...enqueuePermissions, findQueuePermission]))
  })

  it('of who awaits results', async () => {
    expect(await rightsOfFiles(reading, known)).toEqual(listed(resultsPermissions))
  })

  it('of a worker, whose queue Lambda polls', async () => {
    expect(await rightsOfFiles(folder('worker'), known)).toEqual(listed(workPermissions))
  })

  it('of an operator, and a redrive from the console', async () => {
    const redrive = [
      'ReceiveMessage',
      'DeleteMessage',
      'ChangeMessageVisibility',
      'StartMessageMoveTask',
      'CancelMessageMoveTask',
      'ListMessageMoveTasks',
    ]
    const expected = [...(await rightsOfFiles(operating)), ...redrive.map((action) => `sqs:${action} on dead`)]
    expect(expected.sort()).toEqual(listed(operatePermissions))
  })

  it('each has its reason', () => {
    for (const { action, reason } of [...enqueuePermissions, ...workPermissions, ...operatePermissions])
      expect(reason.length, action).toBeGreaterThan(10)
  })
})
