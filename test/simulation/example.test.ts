import { readFileSync } from 'node:fs'
import { expect, it, vi } from 'vitest'
import { expectToHold } from './hold.ts'
import type { Predicate } from './predicates/index.ts'
import type { Workload } from './simulate.ts'
import { act, enqueue } from './steps.ts'

vi.setConfig({ testTimeout: 60_000 })

// The example of CONTRIBUTING.md: a workload and a predicate of one's own.

/** Forty tasks within a minute. Each fails once; every other one is revoked after a while. */
const revokedWhileRetrying: Workload = (random) =>
  Array.from({ length: 40 }, (_, call) => [
    enqueue({ call, at: random.below(60_000), task: 'patient' }, [act(100, 'throw'), act(100, 'return')]),
    ...(call % 2 ? [{ kind: 'revoke', at: random.below(3_600_000), client: 0, of: call } as const] : []),
  ]).flat()

/** Nobody who waits between two attempts succeeds without a second run. */
const successTakesTwoRuns: Predicate = function* ({ changes, runs }) {
  for (const { at, after } of changes) {
    const times = runs.filter(({ id }) => id === after.id).length
    if (after.state === 'SUCCESS' && times < 2) yield { id: after.id, at, message: `succeeded in run ${times}` }
  }
}

it('tasks that are revoked between two attempts', () =>
  expectToHold({ workload: revokedWhileRetrying, predicates: { 'success takes two runs': successTakesTwoRuns } }))

it('what does not hold is told with a history that is as short as can be', { timeout: 60_000 }, async () => {
  const nobodySucceeds: Predicate = function* ({ changes }) {
    for (const { at, after } of changes)
      if (after.state === 'SUCCESS') yield { id: after.id, at, message: 'it succeeded' }
  }
  const told = await expectToHold({ workload: revokedWhileRetrying, predicates: { nobodySucceeds } }).catch(
    ({ message }: Error) => message,
  )
  expect(told).toMatch(/^Seed 1: VIOLATED nobodySucceeds: it succeeded/)
  // One step is left of sixty, and nothing that went wrong.
  expect(told).toMatch(/Steps:\n.*"kind":"enqueue".*\nMisfortunes:\nWhat happened:/)
})

it('is what CONTRIBUTING.md shows', () => {
  const [excerpt] = readFileSync('CONTRIBUTING.md', 'utf8').match(/(?<=```ts\n)[\s\S]*?(?=```)/) ?? []
  const own = readFileSync(import.meta.filename, 'utf8')
  for (const paragraph of excerpt?.split('\n\n') ?? ['none']) expect(own).toContain(paragraph.trim())
})
