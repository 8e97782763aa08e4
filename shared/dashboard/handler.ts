import { createHash } from 'node:crypto'
import { Hono } from 'hono'
import * as z from 'zod/mini'
import { createInsight } from '../insight/insight.ts'
import type { ApiContext, DashboardApp } from './api.ts'
import { type Authorize, checkOrigin, securityHeaders, type Visitor } from './guard.ts'
import { openApi } from './openapi.ts'
import { ProblemError, problemOf } from './problem.ts'
import { type Route, routes } from './routes.ts'

export interface DashboardOptions {
  /** Returns the visitor; `undefined` refuses. There is no default: an open dashboard shows inputs to everybody. */
  readonly authorize: Authorize
  /** Shown on the page as the place of deployment. @default 'connected' */
  readonly where?: string
  /** Path where it is mounted. @default '/' */
  readonly base?: string
  /** Refuses all actions, for every role. @default false */
  readonly readOnly?: boolean
  /** Returns a file of the page by its path, such as `/index.html`. */
  readonly file: (path: string, acceptEncoding: string) => Promise<Response | undefined>
  readonly version: string
  /** Receives unexpected errors. @default console.error */
  readonly onError?: (error: unknown) => void
}

/** The whole dashboard as one function: requests in, responses out. */
export function createHandler(app: DashboardApp, options: DashboardOptions): (request: Request) => Promise<Response> {
  const {
    authorize,
    file,
    version,
    where = 'connected',
    base = '/',
    readOnly = false,
    onError = console.error,
  } = options
  const insight = createInsight(app.definition, app.ports())
  const api = new Hono()
  for (const route of routes) {
    api.on(route.method, route.path, async ({ req }) => {
      const visitor = await visitorOf(req.raw, authorize)
      if (route.role === 'operator') checkOperator(visitor, readOnly)
      const context: ApiContext = { app, insight, visitor, readOnly, where, version }
      return answer(req.raw, await route.handle(context, await givenOf(route, req.raw, req.param())))
    })
  }
  api.get('/openapi.json', ({ req }) => answer(req.raw, openApi(version)))
  api.notFound(({ req }) => {
    throw new ProblemError(
      404,
      'No such route',
      `${req.method} ${req.path} is no route of this API.`,
      'GET /api/v1/openapi.json lists them.',
    )
  })
  api.onError((error) => {
    const problem = problemOf(error)
    if (problem.status === 500) onError(error)
    return problemResponse(problem)
  })
  return async (request) => {
    const { pathname } = new URL(request.url)
    const at = pathname.indexOf('/api/v1')
    const response =
      at === -1
        ? await pageFile(request, file, base)
        : await apiResponse(request, pathname.slice(at + '/api/v1'.length), api)
    for (const [name, value] of Object.entries(securityHeaders)) response.headers.set(name, value)
    return response
  }
}

async function apiResponse(request: Request, path: string, api: Hono): Promise<Response> {
  try {
    checkOrigin(request)
  } catch (error) {
    return problemResponse(problemOf(error))
  }
  const url = new URL(request.url)
  url.pathname = path === '' ? '/' : path
  return api.fetch(new Request(url, request))
}

async function pageFile(request: Request, file: DashboardOptions['file'], base: string): Promise<Response> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return problemResponse(
      new ProblemError(405, 'Read only', `${request.method}: the page's files can only be read.`).problem,
    )
  }
  const { pathname } = new URL(request.url)
  const asset = pathname.lastIndexOf('/assets/')
  const encodings = request.headers.get('accept-encoding') ?? ''
  const found = await file(asset === -1 ? '/index.html' : pathname.slice(asset), encodings)
  if (found !== undefined && asset === -1) return page(await found.text(), base)
  if (found !== undefined) return found
  if (asset !== -1)
    return problemResponse(
      new ProblemError(
        404,
        'No such file',
        `${pathname} is no file of the page.`,
        'Reload the page: a newer version may be there.',
      ).problem,
    )
  return problemResponse(
    new ProblemError(
      503,
      'Page not built',
      'The files of the page are missing.',
      'In the repository: npm run build:dashboard.',
    ).problem,
  )
}

/** The mount path is known when the page is served, not when it is built. */
function page(html: string, base: string): Response {
  const path = base.endsWith('/') ? base : `${base}/`
  const body = html.replaceAll('./assets/', `${path}assets/`).replace('content="/"', `content="${encodeURI(path)}"`)
  return new Response(body, { headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' } })
}

async function visitorOf(request: Request, authorize: Authorize): Promise<Visitor> {
  const visitor = await authorize(request)
  if (visitor !== undefined) return visitor
  throw new ProblemError(
    401,
    'Not signed in',
    'Expected a request of somebody known, received none.',
    'Open the link that `celeriac dashboard` printed: it carries the key.',
  )
}

function checkOperator({ name, role }: Visitor, readOnly: boolean): void {
  if (readOnly)
    throw new ProblemError(
      403,
      'Read only',
      'This dashboard was started to look only.',
      'Start it without --read-only.',
    )
  if (role !== 'operator')
    throw new ProblemError(403, 'Not an operator', `${name} may look, but not act.`, 'Ask for the role operator.')
}

async function givenOf(route: Route, request: Request, params: Readonly<Record<string, string>>) {
  const query = parsed('query', route.query, Object.fromEntries(new URL(request.url).searchParams))
  const body = route.body === undefined ? {} : parsed('body', route.body, await jsonOf(request))
  return { params, query: query as never, body: body as never }
}

async function jsonOf(request: Request): Promise<unknown> {
  const text = await request.text()
  if (text === '') return {}
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ProblemError(400, 'Not JSON', `The body is not JSON: ${(cause as Error).message}`)
  }
}

function parsed(what: string, schema: z.ZodMiniType, value: unknown): unknown {
  const result = z.safeParse(schema, value)
  if (result.success) return result.data
  const issues = result.error.issues.map(({ path, message }) => `${path.map(String).join('.') || what}: ${message}`)
  throw new ProblemError(
    400,
    'Bad request',
    `The ${what} does not fit: ${issues.join('; ')}.`,
    'GET /api/v1/openapi.json says what is expected.',
  )
}

/** If nothing changed, polling transfers an ETag instead of a body. */
function answer(request: Request, value: object): Response {
  const body = JSON.stringify(value)
  const etag = `"${createHash('sha1').update(body).digest('base64url')}"`
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store', etag }
  if (request.method === 'GET' && request.headers.get('if-none-match') === etag)
    return new Response(null, { status: 304, headers })
  return new Response(body, { headers })
}

function problemResponse(problem: { readonly status: number }): Response {
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
  })
}
