import type { AppDefinition } from '../core/app.ts'
import type { VisibleState } from '../core/states.ts'
import type { CallOptions } from '../enqueue/call-options.ts'
import type { Ports } from '../ports/index.ts'
import type { Insight } from '../ports/insight.ts'
import type { Visitor } from './guard.ts'

/** The part of an app that the dashboard needs. `createApp()` returns it. */
export interface DashboardApp {
  readonly definition: AppDefinition
  readonly prefix: string
  ports(): Ports
  pause(queue: string): Promise<void>
  resume(queue: string): Promise<void>
  // Each app accepts only its own queue names: `never` is assignable to all of them.
  send(name: string, input: unknown, options?: CallOptions<never>): Promise<{ readonly id: string }>
  result(id: string): { revoke(): Promise<VisibleState>; forget(): Promise<void> }
}

/** The dependencies of a route's handler. */
export interface ApiContext {
  readonly app: DashboardApp
  readonly insight: Insight
  readonly visitor: Visitor
  readonly readOnly: boolean
  /** Shown on the page: `this machine`, an endpoint, a region. */
  readonly where: string
  readonly version: string
}
