import type { SeededRandom } from '../../shared/memory/seeded-random.ts'
import type { TaskName } from './apps.ts'
import type { Act } from './script.ts'
import { act, ballast, enqueue, type Step } from './steps.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

/**
 * Workloads for what a mix of everything hardly ever comes to: each is about a few transitions that need several things to come together. Small, so
 * that many of them are played.
 */
export const focuses = {
  /** Revoked while queued, while running, between two attempts. */
  revocations: (random) =>
    many(12, (call) => {
      const at = random.below(20 * minute)
      const [task, acts, afterMs] = random.pick<readonly [TaskName, readonly Act[], number]>([
        ['patient', [act(100, 'throw'), act(0, 'return')], 10 * second + random.below(19 * minute)],
        ['plain', [act(25_000, 'return')], 2 * second + random.below(20 * second)],
        ['plain', [act(0, { do: 'snooze', delayMs: 10 * minute }), act(0, 'return')], minute],
        ['serial', [act(30_000, 'return')], random.below(2 * minute)],
      ])
      return [enqueue({ call, at, task }, acts), revoke(call, at + afterMs)]
    }),

  /** Expired while queued, while it waited for its turn, between two attempts. */
  expiries: (random) =>
    many(14, (call) => {
      const at = random.below(4) * 5 * minute
      const [task, acts, expiresMs] = random.pick<readonly [TaskName, readonly Act[], number]>([
        // One after another: the later ones of a batch are claimed when they have expired.
        ['serial', [act(2_000, 'return')], second + random.below(10 * second)],
        ['serial', [act(2_000, 'return')], second + random.below(10 * second)],
        ['patient', [act(100, 'throw'), act(0, 'return')], 10 * second + random.below(10 * minute)],
        ['plain', [act(0, { do: 'retry', delayMs: 3 * minute }), act(0, 'return')], minute],
      ])
      return [
        enqueue({ call, at, task, expiresMs, ...(random.below(4) === 0 && { countdownMs: expiresMs + second }) }, acts),
      ]
    }),

  /** A version without the task, for longer than anybody waits for it; and dead letters sent back meanwhile. */
  deploys: (random) => {
    const lackingAt = 2 * minute
    const fullAt = lackingAt + 45 * minute
    return [
      { kind: 'deploy', at: lackingAt, version: 'lacking' },
      { kind: 'deploy', at: fullAt, version: 'full' },
      ...many(10, (call) => {
        const acts = random.pick<readonly Act[]>([
          [act(0, { do: 'retry', delayMs: 4 * minute }), act(0, 'return')],
          [act(0, 'reject'), act(0, 'return')],
          [act(0, 'return')],
        ])
        const at = random.fraction() < 0.7 ? random.below(lackingAt) : random.below(fullAt)
        return [enqueue({ call, at, task: 'plain' }, acts)]
      }),
      ...[5 * minute, 22 * minute, 28 * minute, fullAt + minute].map(
        (at): Step => ({ kind: 'redrive', at, queue: 'fast', by: random.pick(['us', 'console']) }),
      ),
    ]
  },

  /** Keys that are given back, or time out, and are used again. */
  keys: (random) =>
    many(24, (call) => {
      const at = random.below(6) * 31 * minute + random.below(minute)
      const key = random.below(5)
      const acts = [
        [act(0, 'return')],
        [act(0, 'reject')],
        [act(0, 'ignore')],
        [act(3_000, 'return')],
        [act(40_000, 'return')],
      ][key] ?? [act(0, 'return')]
      const step = enqueue(
        { call, at, task: 'keyed', ...(key === 3 && { expiresMs: 2 * second, countdownMs: 3 * second }) },
        acts,
      )
      // The key is the first part of the tag, and the script is the whole input.
      const keyed = step.kind === 'enqueue' ? { ...step, script: { tag: `key-${key}/0`, acts } } : step
      return key === 4 ? [keyed, revoke(call, at + random.below(20 * second))] : [keyed]
    }),

  /** Inputs too large for their records: of keys that both clients use, and of foreign producers. */
  inputs: (random) =>
    many(16, (call) => {
      const at = random.below(4) * 10 * minute + random.below(30 * second)
      const acts = [act(random.pick([0, 0, 3_000, 40_000]), random.pick(['return', 'return', 'throw']))]
      if (random.below(3) === 0) {
        const task = random.pick<TaskName>(['plain', 'once', 'serial'])
        return [
          { kind: 'foreign', at, call, task, script: { tag: `${call}`, acts, ballast }, copies: 1 + random.below(2) },
        ]
      }
      const script = { tag: `key-${random.below(4)}/0`, acts: [act(0, 'return')], ballast }
      return [{ kind: 'enqueue', at, call, client: random.below(2), task: 'keyed', script }]
    }),

  /** Runs that outlast the lease of a container several times, beside quick ones and some that take their process down. */
  leases: (random) => [
    // Functions would be quicker to take them.
    { kind: 'outage', at: 0, queue: 'slow', forMs: 20 * minute },
    { kind: 'outage', at: 0, queue: 'fast', forMs: 20 * minute },
    ...many(12, (call) => {
      const at = random.below(10 * minute)
      const long = 30 * second + random.below(3 * minute)
      const [task, acts] = random.pick<readonly [TaskName, readonly Act[]]>([
        ['long', [act(long, 'return')]],
        ['long', [act(long, 'return', { progress: true }), act(second, 'return')]],
        ['plain', [act(30 * second + random.below(25 * second), 'return')]],
        ['plain', [act(second, random.pick(['return', 'return', 'throw', 'exit'])), act(second, 'return')]],
      ])
      // A second copy is looked at again when the lease of the first one ends.
      if (random.below(2) === 0)
        return [{ kind: 'foreign', at, call, task, script: { tag: `${call}`, acts }, copies: 3 }]
      const revoked = random.below(4) === 0 ? [revoke(call, at + random.below(long))] : []
      return [enqueue({ call, at, task }, acts), ...revoked]
    }),
  ],
} as const satisfies Record<string, (random: SeededRandom) => readonly Step[]>

export type Focus = keyof typeof focuses

/** What to look at, and the steps in order, with some time after them in which things still go wrong. */
export function drawFocus(random: SeededRandom): { readonly name: Focus; readonly steps: readonly Step[] } {
  const name = random.pick<Focus>(['keys', ...(Object.keys(focuses) as Focus[])])
  const steps = focuses[name](random)
  const last = Math.max(...steps.map(({ at }) => at))
  // Containers poll all the time.
  const afterwards = name === 'leases' ? 10 * minute : hour
  return { name, steps: [...steps, { kind: 'sweep', at: last + afterwards } as const].sort((a, b) => a.at - b.at) }
}

function many(calls: number, of: (call: number) => readonly Step[]): readonly Step[] {
  return Array.from({ length: calls }, (_, call) => of(call)).flat()
}

function revoke(of: number, at: number): Step {
  return { kind: 'revoke', at, client: of % 2, of }
}
