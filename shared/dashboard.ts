import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { DashboardApp } from './dashboard/api.ts'
import { filesIn } from './dashboard/files.ts'
import { type Authorize, tokenGate } from './dashboard/guard.ts'
import { createHandler } from './dashboard/handler.ts'
import { serveLocally } from './dashboard/node-server.ts'

export interface CreateDashboardOptions {
  /**
   * Returns the visitor's name and role, or `undefined` to refuse. There is no default: an open dashboard shows inputs to everybody.
   *
   * @example ({ headers }) => (headers.get('x-user') ? { name: headers.get('x-user'), role: 'operator' } : undefined)
   */
  readonly authorize: Authorize
  /** Shown on the page as the place of deployment: `production · eu-west-1`. @default 'connected' */
  readonly where?: string
  /** Path where it is mounted. @default '/' */
  readonly base?: string
  /** Refuses all actions, for every role. @default false */
  readonly readOnly?: boolean
}

/** Page and API in one. Pass it every request below its mount path. */
export interface Dashboard {
  fetch(request: Request): Promise<Response>
}

/**
 * The dashboard for your own server: anything that speaks `Request` and `Response`.
 *
 * @example
 * const dashboard = createDashboard(app, { authorize: (request) => userOf(request), base: '/celeriac/' })
 * server.all('/celeriac/*', ({ request }) => dashboard.fetch(request))
 */
export function createDashboard(app: DashboardApp, options: CreateDashboardOptions): Dashboard {
  return { fetch: createHandler(app, { ...options, file: filesIn(pageFolder()), version: packageVersion() }) }
}

export interface LocalDashboardOptions extends Omit<CreateDashboardOptions, 'authorize' | 'base'> {
  /** @default any free one */
  readonly port?: number
  /** The user's name, for the audit. */
  readonly name: string
}

export interface LocalDashboard {
  /** Contains the key in its fragment, which browsers send to no server. */
  readonly url: string
  close(): Promise<void>
}

/**
 * Serves the dashboard on this machine. Everyone who has the address has access.
 *
 * @throws {Error} the port is taken
 */
export async function startDashboard(
  app: DashboardApp,
  { port = 0, name, ...options }: LocalDashboardOptions,
): Promise<LocalDashboard> {
  const key = randomBytes(16).toString('base64url')
  const authorize = tokenGate(key, { name, role: 'operator' }, Date.now)
  const server = await serveLocally(createDashboard(app, { ...options, authorize }).fetch, port)
  return { url: `http://127.0.0.1:${server.port}/#k=${key}`, close: () => server.close() }
}

export type { DashboardApp } from './dashboard/api.ts'
export type { Authorize, Role, Visitor } from './dashboard/guard.ts'

/** Next to this module in the package; in `dist` in the repository. */
function pageFolder(): string {
  const places = ['./dashboard/public', '../dashboard/public', '../dist/dashboard/public'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  )
  return places.find((path) => existsSync(`${path}/index.html`)) ?? (places.at(-1) as string)
}

function packageVersion(): string {
  for (const path of ['../package.json', '../../package.json']) {
    const file = new URL(path, import.meta.url)
    if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
  }
  return 'unknown'
}
