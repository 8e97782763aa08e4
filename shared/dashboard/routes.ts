import type * as z from 'zod/mini'
import type { Json } from '../core/json.ts'
import type { CallOptions } from '../enqueue/call-options.ts'
import { retryTask } from '../operate/retry-task.ts'
import type { TimeRange } from '../ports/insight.ts'
import type { ApiContext } from './api.ts'
import type { Role } from './guard.ts'
import { ProblemError } from './problem.ts'
import { answers, bodies, queries } from './schemas.ts'

type Query<Schema extends z.ZodMiniType> = z.output<Schema>

/** One route of the API. The server, its checks and openapi.json are generated from it. */
export interface Route {
  readonly method: 'GET' | 'POST'
  /** Hono's form: `/tasks/:id`. */
  readonly path: string
  readonly role: Role
  readonly summary: string
  readonly query: z.ZodMiniType
  readonly body?: z.ZodMiniType
  readonly answer: z.ZodMiniType
  handle(
    context: ApiContext,
    given: { readonly params: Readonly<Record<string, string>>; readonly query: never; readonly body: never },
  ): Promise<object>
}

function get<QuerySchema extends z.ZodMiniType>(
  path: string,
  summary: string,
  query: QuerySchema,
  answer: z.ZodMiniType,
  handle: (context: ApiContext, query: Query<QuerySchema>, params: Readonly<Record<string, string>>) => Promise<object>,
): Route {
  return {
    method: 'GET',
    path,
    role: 'viewer',
    summary,
    query,
    answer,
    handle: (context, given) => handle(context, given.query, given.params),
  }
}

function post<BodySchema extends z.ZodMiniType>(
  path: string,
  summary: string,
  body: BodySchema,
  answer: z.ZodMiniType,
  handle: (context: ApiContext, body: Query<BodySchema>, params: Readonly<Record<string, string>>) => Promise<object>,
): Route {
  return {
    method: 'POST',
    path,
    role: 'operator',
    summary,
    query: queries.none,
    body,
    answer,
    handle: (context, given) => handle(context, given.body, given.params),
  }
}

const hourMs = 3_600_000
const longestRangeMs = 15 * 24 * hourMs

interface RangeQuery {
  readonly last?: number | undefined
  readonly from?: number | undefined
  readonly to?: number | undefined
}

/** @throws {ProblemError} 400: the range ends before it begins, or is longer than 15 days */
function rangeOf({ last, from, to }: RangeQuery, { app }: ApiContext, usual: number): TimeRange {
  const end = to ?? app.ports().clock.now() + 1
  const range = { from: from ?? end - (last ?? usual), to: end }
  if (range.from >= range.to || range.to - range.from > longestRangeMs) {
    throw new ProblemError(
      400,
      'Bad range',
      `from and to: expected a stretch of up to 15 days, received ${range.from} to ${range.to}.`,
      'Give both in epoch milliseconds, from before to; or last, in milliseconds.',
    )
  }
  return range
}

/** Totals of all queues. */
async function countsOf({ definition, ports }: ApiContext['app']) {
  const depths = await Promise.all(Object.keys(definition.queues).map((queue) => ports().queues.depth(queue)))
  const sum = (name: 'waiting' | 'inFlight' | 'dead'): number => depths.reduce((total, depth) => total + depth[name], 0)
  return { waiting: sum('waiting'), inFlight: sum('inFlight'), dead: sum('dead') }
}

function knownQueue({ app }: ApiContext, queue: string | undefined): string {
  if (queue !== undefined && Object.hasOwn(app.definition.queues, queue)) return queue
  throw new ProblemError(
    404,
    'No such queue',
    `queue: expected one of ${Object.keys(app.definition.queues).join(', ')}, received '${queue}'.`,
  )
}

const nothing = {} as const

export const routes: readonly Route[] = [
  get(
    '/app',
    'What is looked at, and who looks',
    queries.none,
    answers.app,
    async ({ app, visitor, readOnly, where, version }) => ({
      app: app.definition.name,
      prefix: app.prefix,
      where,
      visitor: readOnly ? { ...visitor, role: 'viewer' } : visitor,
      queues: Object.keys(app.definition.queues),
      tasks: [...app.definition.tasks.values()].map(({ name, queue, sensitive }) => ({ name, queue, sensitive })),
      version,
      counts: await countsOf(app),
      now: app.ports().clock.now(),
    }),
  ),
  get(
    '/overview',
    'Is all well? Attention, figures, charts, queues, causes',
    queries.range,
    answers.overview,
    (context, query) => context.insight.overview(rangeOf(query, context, hourMs)),
  ),
  get('/queues', 'All queues, now and lately', queries.range, answers.queues, (context, query) =>
    context.insight.queues(rangeOf(query, context, hourMs)),
  ),
  get(
    '/queues/:queue',
    'One queue: charts, names, settings',
    queries.range,
    answers.queue,
    (context, query, { queue }) => context.insight.queue(knownQueue(context, queue), rangeOf(query, context, hourMs)),
  ),
  get(
    '/tasks',
    'Tasks by search words, the newest first',
    queries.tasks,
    answers.tasks,
    (context, { q, limit, cursor, ...query }) =>
      context.insight.tasks({
        ...rangeOf(query, context, 14 * 24 * hourMs),
        limit: limit ?? 50,
        ...(q !== undefined && { search: q }),
        ...(cursor !== undefined && { cursor: checkedCursor(cursor) }),
      }),
  ),
  get('/tasks/:id', 'All that is known of one task', queries.none, answers.task, (context, _query, { id = '' }) =>
    context.insight.task(id),
  ),
  get('/failures', 'Failures by cause', queries.causes, answers.causes, (context, { queue, ...query }) =>
    context.insight.causes({
      ...rangeOf(query, context, 24 * hourMs),
      ...(queue !== undefined && { queue: knownQueue(context, queue) }),
    }),
  ),
  get(
    '/failures/:fingerprint',
    'One cause with its newest failures',
    queries.causes,
    answers.cause,
    async (context, { queue, ...query }, { fingerprint = '' }) => {
      const cause = await context.insight.cause(fingerprint, {
        ...rangeOf(query, context, 24 * hourMs),
        ...(queue !== undefined && { queue: knownQueue(context, queue) }),
      })
      if (cause !== undefined) return cause
      throw new ProblemError(
        404,
        'No such cause',
        `No failure of this stretch of time has the cause '${fingerprint}'.`,
        'Look at a longer stretch; tasks that were retried are no failures any more.',
      )
    },
  ),
  get('/running', 'What runs now, the longest first', queries.none, answers.running, ({ insight }) =>
    insight.running(),
  ),
  get('/names', 'Tasks by name', queries.range, answers.names, (context, query) =>
    context.insight.names(rangeOf(query, context, hourMs)),
  ),

  post(
    '/queues/:queue/pause',
    'Start no more tasks of a queue',
    bodies.none,
    answers.paused,
    async (context, _body, params) => {
      const queue = knownQueue(context, params.queue)
      await context.app.pause(queue)
      return { queue, paused: true }
    },
  ),
  post('/queues/:queue/resume', 'Start tasks again', bodies.none, answers.paused, async (context, _body, params) => {
    const queue = knownQueue(context, params.queue)
    await context.app.resume(queue)
    return { queue, paused: false }
  }),
  post('/tasks', 'Call a task', bodies.call, answers.state, async ({ app }, { task, input, queue, delaySeconds }) => {
    const options = {
      ...(queue !== undefined && { queue }),
      ...(delaySeconds !== undefined && { countdown: delaySeconds }),
    }
    const { id } = await app.send(task, input, options as CallOptions<never>)
    return { id, state: delaySeconds ? 'SCHEDULED' : 'QUEUED' }
  }),
  post(
    '/tasks/:id/retry',
    'Run an ended task again, with another input if given',
    bodies.retry,
    answers.state,
    async ({ app }, body, { id = '' }) => {
      const edited = 'input' in body && body.input !== undefined ? { input: body.input as Json } : nothing
      await retryTask({ app: app.definition, ports: app.ports() }, id, edited)
      return { id, state: 'QUEUED' }
    },
  ),
  post(
    '/tasks/retry',
    'Run up to 100 ended tasks again',
    bodies.retryMany,
    answers.retried,
    async ({ app }, { ids }) => {
      const retried: string[] = []
      const failed: { id: string; problem: string }[] = []
      for (const id of new Set(ids)) {
        try {
          await retryTask({ app: app.definition, ports: app.ports() }, id)
          retried.push(id)
        } catch (error) {
          failed.push({ id, problem: error instanceof Error ? error.message : String(error) })
        }
      }
      return { retried, failed }
    },
  ),
  post(
    '/tasks/:id/revoke',
    'Keep a task from running, or ask it to stop',
    bodies.none,
    answers.state,
    async ({ app }, _body, { id = '' }) => ({
      id,
      state: await app.result(id).revoke(),
    }),
  ),
  post(
    '/tasks/:id/forget',
    'Remove input, result and error of an ended task',
    bodies.none,
    answers.state,
    async ({ app, insight }, _body, { id = '' }) => {
      await app.result(id).forget()
      return { id, state: (await insight.task(id)).state }
    },
  ),
]

function checkedCursor(cursor: string): string {
  if (/^\d{13}#/.test(cursor)) return cursor
  throw new ProblemError(
    400,
    'Bad cursor',
    `cursor: expected one from an earlier answer, received '${cursor.slice(0, 40)}'.`,
    'Begin without a cursor.',
  )
}
