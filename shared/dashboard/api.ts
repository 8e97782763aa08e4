import type { AppDefinition } from '../core/app.ts'
import type { VisibleState } from '../core/states.ts'
import type { CallOptions } from '../enqueue/call-options.ts'
import type { Ports } from '../ports/index.ts'
import type { Insight } from '../ports/insight.ts'
import type { Visitor } from './guard.ts'

/** What the dashboard needs of an app: `createApp()` gives it. */
export interface DashboardApp {
  readonly definition: AppDefinition
  readonly prefix: string
  ports(): Ports
  pause(queue: string): Promise<void>
  resume(queue: string): Promise<void>
  // An app takes the names of its own queues: `never` fits them all.
  send(name: string, input: unknown, options?: CallOptions<never>): Promise<{ readonly id: string }>
  result(id: string): { revoke(): Promise<VisibleState>; forget(): Promise<void> }
}

/** What a route's handler works with. */
export interface ApiContext {
  readonly app: DashboardApp
  readonly insight: Insight
  readonly visitor: Visitor
  readonly readOnly: boolean
  /** For people: `this machine`, an endpoint, a region. */
  readonly where: string
  readonly version: string
}
