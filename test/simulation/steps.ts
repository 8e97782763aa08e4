import type { SeededRandom } from '../../shared/memory/seeded-random.ts'
import { type QueueName, queueNames, type TaskName, type Version } from './apps.ts'
import type { Act, Action, Script } from './script.ts'

/** What clients, operators and strangers do, at `at` milliseconds after the beginning. */
export type Step = { readonly at: number } & (
  | {
      readonly kind: 'enqueue'
      /** Names the call: later steps refer to it. */
      readonly call: number
      readonly client: number
      readonly task: TaskName
      readonly script: Script
      readonly countdownMs?: number
      readonly expiresMs?: number
      readonly maxRetries?: number
    }
  | {
      readonly kind: 'bulk'
      readonly call: number
      readonly client: number
      readonly task: TaskName
      readonly scripts: readonly Script[]
    }
  | { readonly kind: 'get'; readonly client: number; readonly of: number; readonly timeoutMs: number }
  | { readonly kind: 'revoke' | 'forget'; readonly client: number; readonly of: number }
  | { readonly kind: 'reconcile'; readonly client: number }
  | { readonly kind: 'pause' | 'resume'; readonly client: number; readonly queue: QueueName }
  /** `us`: messages are received and sent one by one. `console`: the service moves them. */
  | { readonly kind: 'redrive'; readonly queue: QueueName; readonly by: 'us' | 'console' }
  | { readonly kind: 'deploy'; readonly version: Version }
  /** Functions cannot be started for a while. */
  | { readonly kind: 'outage'; readonly queue: QueueName; readonly forMs: number }
  | { readonly kind: 'garbage'; readonly queue: QueueName; readonly body: string }
  /** A message of a foreign producer, without a record, some times over. */
  | {
      readonly kind: 'foreign'
      readonly call: number
      readonly task: TaskName
      readonly script: Script
      readonly copies: number
    }
  /** What has expired in the table is really gone. */
  | { readonly kind: 'sweep' }
)

export type StepKind = Step['kind']

/** What is done to tasks, as often as it stands here. */
const troubles = [
  'revoke',
  'revoke',
  'forget',
  'get',
  'reconcile',
  'pause',
  'redrive',
  'redrive',
  'deploy',
  'outage',
  'garbage',
  'sweep',
] as const

/** What tasks may do, how they are enqueued, and what may be done to them. A history has some of it. */
export const features = [
  ...(['throw', 'slow', 'deaf', 'snooze', 'retry', 'requeue', 'poison', 'odd'] as const),
  ...(['bulk', 'foreign', 'countdown', 'expires'] as const),
  ...(['once', 'patient', 'keyed', 'serial', 'off'] as const),
  ...new Set(troubles),
]

export type Feature = (typeof features)[number]

/** How much of each kind a workload has. */
export interface Mix {
  readonly tasks: number
  /** Steps that are no enqueues, per hundred tasks. */
  readonly troubles: number
  /** The steps are spread over this time. */
  readonly spreadMs: number
  /** What of them it has: a history about few things says more about each, and is over sooner. */
  readonly features: ReadonlySet<Feature>
  /** Some pauses last for days. */
  readonly long: boolean
}

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

const garbage = [
  'hello',
  '{}',
  '[]',
  '{"celeriac":2}',
  '{"celeriac":1,"id":"","task":"plain"}',
  '{"celeriac":1,"id":"x"',
]

/** Draws a workload. */
export function drawSteps(random: SeededRandom, mix: Mix): readonly Step[] {
  const steps: Step[] = []
  let calls = 0
  let tasks = 0
  const when = (): number => Math.floor(random.fraction() * mix.spreadMs)
  while (tasks < mix.tasks) {
    const call = calls++
    const at = random.fraction() < 0.4 ? 0 : when()
    const client = random.below(2)
    const task = drawTask(random, mix)
    const dice = random.fraction()
    if (dice < 0.12 && task !== 'keyed' && mix.features.has('bulk')) {
      const scripts = Array.from({ length: 2 + random.below(18) }, (_, index) =>
        drawScript(random, `${call}-${index}`, mix),
      )
      tasks += scripts.length
      steps.push({ kind: 'bulk', at, call, client, task, scripts })
    } else if (dice < 0.15 && mix.features.has('foreign')) {
      tasks++
      steps.push({
        kind: 'foreign',
        at,
        call,
        task: drawTask(random, mix),
        script: drawScript(random, `${call}`, mix),
        copies: 1 + random.below(3),
      })
    } else {
      tasks++
      steps.push({
        kind: 'enqueue',
        at,
        call,
        client,
        task,
        script: task === 'keyed' ? keyedScript(random) : drawScript(random, `${call}`, mix),
        ...(mix.features.has('countdown') && random.fraction() < 0.2 && { countdownMs: random.below(15) * minute }),
        ...(mix.features.has('expires') && random.fraction() < 0.12 && { expiresMs: 1 + random.below(90 * second) }),
        ...(random.fraction() < 0.05 && { maxRetries: random.below(4) }),
      })
    }
  }
  const troubles = Math.round((mix.tasks * mix.troubles) / 100)
  for (let index = 0; index < troubles; index++) steps.push(...drawTrouble(random, calls, when(), mix))
  return steps.sort((a, b) => a.at - b.at)
}

function drawTask(random: SeededRandom, { features }: Mix): TaskName {
  const task = random.pick(['plain', 'once', 'patient', 'keyed', 'keyed', 'serial', 'serial', 'off'] as const)
  return task !== 'plain' && features.has(task) ? task : 'plain'
}

function drawTrouble(random: SeededRandom, calls: number, at: number, mix: Mix): readonly Step[] {
  const client = random.below(2)
  const queue = random.pick(queueNames as [QueueName, ...QueueName[]])
  const of = random.below(calls)
  const kind = random.pick(troubles)
  if (!mix.features.has(kind)) return []
  switch (kind) {
    case 'revoke':
      return [{ kind: 'revoke', at, client, of }]
    case 'forget':
      return [{ kind: 'forget', at, client, of }]
    case 'get':
      return [{ kind: 'get', at, client, of, timeoutMs: random.below(20) * second }]
    case 'reconcile':
      return [{ kind: 'reconcile', at: at + random.below(2) * 10 * minute, client }]
    case 'pause': {
      const forMs = mix.long && random.fraction() < 0.3 ? 8 * day : random.below(40) * minute
      return [
        { kind: 'pause', at, client, queue },
        { kind: 'resume', at: at + forMs, client, queue },
      ]
    }
    case 'redrive':
      return [{ kind: 'redrive', at: at + random.below(10) * minute, queue, by: random.pick(['us', 'console']) }]
    case 'deploy':
      return [
        { kind: 'deploy', at, version: random.pick(['lacking', 'refusing']) },
        { kind: 'deploy', at: at + random.below(25) * minute, version: 'full' },
      ]
    case 'outage':
      return [
        { kind: 'outage', at, queue, forMs: mix.long && random.fraction() < 0.3 ? 3 * day : random.below(30) * minute },
      ]
    case 'garbage':
      return [{ kind: 'garbage', at, queue, body: random.pick(garbage as [string, ...string[]]) }]
    case 'sweep':
      return mix.long ? [{ kind: 'sweep', at: at + random.below(9) * day }] : []
    default:
      return kind satisfies never
  }
}

/** Puts an input beside its record. */
export const ballast = 'x'.repeat(900)

/** Few keys and few inputs, so that they collide. */
function keyedScript(random: SeededRandom): Script {
  const key = random.below(4)
  const variant = random.fraction() < 0.15 ? 1 : 0
  // The script is part of the input: made of key and variant alone, so that the same key mostly means the same input.
  const acts: readonly Act[] = [
    [act(0, { do: 'return' })],
    [act(200, { do: 'throw' }), act(0, { do: 'throw' }), act(500, { do: 'throw' }), act(2_000, { do: 'return' })],
    [act(3_000, { do: 'return' })],
    // Gives its key back each time.
    [act(0, { do: 'reject' })],
  ][key] ?? [act(0, { do: 'return' })]
  return { tag: `key-${key}/${variant}`, acts, ...(key === 2 && { ballast }) }
}

function drawScript(random: SeededRandom, tag: string, { features }: Mix): Script {
  return { tag, acts: drawActs(random, features), ...(random.fraction() < 0.15 && { ballast }) }
}

function drawActs(random: SeededRandom, features: ReadonlySet<Feature>): readonly Act[] {
  const quick = (): number => (random.fraction() < 0.6 ? 0 : random.below(2_000))
  const returning = act(quick(), 'return')
  let dice = random.below(100)
  for (const { share, feature, acts } of courses) {
    if (dice < share) return features.has(feature) ? acts(random, quick, returning) : [returning]
    dice -= share
  }
  return [returning]
}

/** What becomes of a task, run by run. */
interface Course {
  /** Of a hundred tasks; the others just return. */
  readonly share: number
  readonly feature: Feature
  acts(random: SeededRandom, quick: () => number, returning: Act): readonly Act[]
}

const courses: readonly Course[] = [
  { share: 8, feature: 'throw', acts: (_random, quick, returning) => [act(quick(), 'throw'), returning] },
  {
    share: 4,
    feature: 'throw',
    acts: (_random, quick, returning) => [act(quick(), 'throw'), act(quick(), 'throw'), returning],
  },
  { share: 4, feature: 'throw', acts: (_random, quick) => [act(quick(), 'throw')] },
  {
    share: 6,
    feature: 'slow',
    acts: (random) => [act(10_000 + random.below(30_000), 'return', { progress: random.fraction() < 0.5 })],
  },
  { share: 3, feature: 'deaf', acts: (random) => [act(random.below(100_000), 'return', { deaf: true })] },
  {
    share: 5,
    feature: 'snooze',
    acts: (random, quick, returning) => [act(quick(), { do: 'snooze', delayMs: drawDelay(random) }), returning],
  },
  {
    share: 3,
    feature: 'retry',
    acts: (random, quick, returning) => [act(quick(), { do: 'retry', delayMs: drawDelay(random) }), returning],
  },
  { share: 3, feature: 'requeue', acts: (_random, quick, returning) => [act(quick(), 'requeue'), returning] },
  {
    share: 4,
    feature: 'poison',
    acts: (random, quick, returning) => {
      const crash = act(quick(), random.fraction() < 0.7 ? 'exit' : 'block')
      return random.pick([[crash], [crash, returning], [crash, crash, returning]])
    },
  },
  {
    share: 10,
    feature: 'odd',
    acts: (random, quick) => [
      act(quick(), random.pick(['reject', 'ignore', 'leak', 'return-function', 'throw-expected'])),
    ],
  },
]

function drawDelay(random: SeededRandom): number {
  return random.pick([0, 2 * second, 30 * second, 5 * minute, 40 * minute])
}

/** Takes `ms`, then does it. */
export function act(ms: number, action: Action | SimpleAction, more: Omit<Act, 'ms' | 'action'> = {}): Act {
  return { ms, action: typeof action === 'string' ? { do: action } : action, ...more }
}

type SimpleAction = Exclude<Action, { readonly delayMs: number }>['do']

/** An enqueue, by the first client unless told. @param acts what its first run does, its second, …; the last is repeated */
export function enqueue(
  step: Omit<Step & { readonly kind: 'enqueue' }, 'kind' | 'script' | 'client'> & { readonly client?: number },
  acts: readonly Act[],
): Step {
  return { client: 0, ...step, kind: 'enqueue', script: { tag: `${step.call}`, acts } }
}
