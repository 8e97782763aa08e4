import * as z from 'zod/mini'

const instant = () => z.number().check(z.describe('epoch milliseconds'))
const count = () => z.number()
const numbers = () => z.array(z.number())
const steps = () => z.array(z.nullable(z.number()))

const looked = z.object({ tasks: count(), until: instant(), complete: z.boolean() })
const quantiles = z.object({ p50: steps(), p95: steps(), p99: steps() })
const series = z.object({
  from: instant(),
  stepMs: z.number(),
  succeeded: numbers(),
  failed: numbers(),
  retried: numbers(),
  arrived: numbers(),
  wait: quantiles,
  run: quantiles,
})
const figures = {
  succeeded: count(),
  failed: count(),
  retried: count(),
  finishedPerMinute: z.number(),
  failedShare: z.optional(z.number()),
  waitP95Ms: z.optional(z.number()),
  runP50Ms: z.optional(z.number()),
  runP95Ms: z.optional(z.number()),
  runP99Ms: z.optional(z.number()),
}
const queueFields = {
  ...figures,
  queue: z.string(),
  waiting: count(),
  inFlight: count(),
  delayed: count(),
  dead: count(),
  pausedAt: z.optional(instant()),
  concurrency: z.optional(count()),
  oldestMs: z.optional(z.number()),
  emptyInMs: z.optional(z.number()),
  spark: numbers(),
}
const queueRow = z.object(queueFields)
const finding = z.object({
  rule: z.string(),
  queue: z.string(),
  severity: z.enum(['bad', 'warning', 'note']),
  title: z.string(),
  detail: z.string(),
  since: z.optional(instant()),
  actions: z.array(z.object({ kind: z.string(), fingerprint: z.optional(z.string()) })),
})
const shortError = z.object({ name: z.string(), message: z.string() })
const taskFields = {
  id: z.string(),
  task: z.string(),
  queue: z.string(),
  state: z.string(),
  reason: z.optional(z.string()),
  attempt: count(),
  enqueuedAt: instant(),
  availableAt: z.optional(instant()),
  startedAt: z.optional(instant()),
  finishedAt: z.optional(instant()),
  waitMs: z.optional(z.number()),
  runMs: z.optional(z.number()),
}
const taskRow = z.object({ ...taskFields, error: z.optional(shortError) })
const causeFields = {
  fingerprint: z.string(),
  errorName: z.string(),
  message: z.string(),
  tasks: z.array(z.string()),
  queues: z.array(z.string()),
  count: count(),
  firstAt: instant(),
  lastAt: instant(),
  reason: z.optional(z.string()),
  spark: numbers(),
}
const cause = z.object(causeFields)
const named = z.array(z.object({ name: z.string(), count: count() }))
const nameRow = z.object({
  ...figures,
  task: z.string(),
  queue: z.string(),
  known: z.boolean(),
  open: count(),
  spark: numbers(),
})
const payload = z.object({ text: z.string(), bytes: count(), cut: z.boolean() })
const errorView = z.object({
  name: z.string(),
  message: z.string(),
  code: z.optional(z.string()),
  stack: z.optional(z.string()),
  cause: z.optional(z.unknown()),
})

export const answers = {
  app: z.object({
    app: z.string(),
    prefix: z.string(),
    where: z.string(),
    visitor: z.object({ name: z.string(), role: z.enum(['viewer', 'operator']) }),
    queues: z.array(z.string()),
    tasks: z.array(z.object({ name: z.string(), queue: z.string(), sensitive: z.array(z.string()) })),
    version: z.string(),
    counts: z.object({ waiting: count(), inFlight: count(), dead: count() }),
    now: instant(),
  }),
  overview: z.object({
    attention: z.array(finding),
    figures: z.object({ ...figures, waiting: count(), dead: count() }),
    series,
    queues: z.array(queueRow),
    causes: z.array(cause),
    latest: z.array(taskRow),
    looked,
  }),
  queues: z.object({ queues: z.array(queueRow), looked }),
  queue: z.object({
    ...queueFields,
    series,
    names: z.array(nameRow),
    settings: z.array(z.object({ name: z.string(), value: z.string(), note: z.optional(z.string()) })),
    attention: z.array(finding),
    looked,
  }),
  tasks: z.object({
    tasks: z.array(taskRow),
    cursor: z.optional(z.string()),
    issues: z.array(z.object({ word: z.string(), problem: z.string() })),
    looked,
  }),
  task: z.object({
    ...taskFields,
    generation: count(),
    maxAttempts: z.optional(count()),
    timeLimitMs: z.optional(z.number()),
    attempts: z.array(
      z.object({
        attempt: count(),
        startedAt: instant(),
        endedAt: instant(),
        outcome: z.string(),
        error: z.optional(shortError),
      }),
    ),
    error: z.optional(errorView),
    fingerprint: z.optional(z.string()),
    input: z.optional(payload),
    result: z.optional(payload),
    progress: z.optional(payload),
    sensitive: z.array(z.string()),
    known: z.boolean(),
    hidden: z.boolean(),
    forgotten: z.boolean(),
    expires: z.optional(instant()),
    leaseUntil: z.optional(instant()),
    revokeRequestedAt: z.optional(instant()),
    resultUntil: z.optional(instant()),
    keyUntil: z.optional(instant()),
    root: z.string(),
    parent: z.optional(z.string()),
    headers: z.record(z.string(), z.string()),
    family: z.array(taskRow),
  }),
  causes: z.object({ causes: z.array(cause), looked }),
  cause: z.object({
    ...causeFields,
    frames: z.array(z.string()),
    series: z.object({ from: instant(), stepMs: z.number(), failed: numbers() }),
    byTask: named,
    byQueue: named,
    byAttempts: named,
    failures: z.array(taskRow),
    looked,
  }),
  running: z.object({
    tasks: z.array(
      z.object({
        ...taskFields,
        error: z.optional(shortError),
        timeLimitMs: z.optional(z.number()),
        leaseUntil: z.optional(instant()),
        revokeRequestedAt: z.optional(instant()),
        progress: z.optional(z.string()),
      }),
    ),
    inFlight: count(),
    looked,
  }),
  names: z.object({ names: z.array(nameRow), looked }),
  state: z.object({ id: z.string(), state: z.string() }),
  paused: z.object({ queue: z.string(), paused: z.boolean() }),
  retried: z.object({
    retried: z.array(z.string()),
    failed: z.array(z.object({ id: z.string(), problem: z.string() })),
  }),
}

export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: count(),
  detail: z.string(),
  remedy: z.optional(z.string()),
  issues: z.optional(z.array(z.object({ path: z.string(), message: z.string() }))),
})

const wholeText = (least: number, most: number) =>
  z
    .pipe(z.string().check(z.regex(/^\d+$/)), z.transform(Number))
    .check(z.refine((value) => value >= least && value <= most))

/** Query parameters arrive as text. */
export const range = {
  last: z.optional(
    wholeText(1, Number.MAX_SAFE_INTEGER).check(z.describe('milliseconds until now, instead of from and to')),
  ),
  from: z.optional(wholeText(0, Number.MAX_SAFE_INTEGER)),
  to: z.optional(wholeText(0, Number.MAX_SAFE_INTEGER)),
}
export const queries = {
  none: z.object({}),
  range: z.object(range),
  tasks: z.object({
    ...range,
    q: z.optional(z.string().check(z.maxLength(1_000))),
    limit: z.optional(wholeText(1, 200)),
    cursor: z.optional(z.string()),
  }),
  causes: z.object({ ...range, queue: z.optional(z.string()) }),
}

export const bodies = {
  none: z.object({}),
  call: z.object({
    task: z.string().check(z.minLength(1)),
    input: z.optional(z.unknown()),
    queue: z.optional(z.string()),
    delaySeconds: z.optional(z.number().check(z.minimum(0))),
  }),
  retry: z.object({ input: z.optional(z.unknown()) }),
  retryMany: z.object({ ids: z.array(z.string()).check(z.minLength(1), z.maxLength(100)) }),
}
