import type { LogLine } from '../../../localstack/lambda/index.ts'
import type { TaskEvent } from '../../ports/telemetry.ts'
import type { Local } from '../start-local.ts'
import type { LocalConcurrency } from '../workers.ts'
import type { AppModule } from './app-module.ts'

export interface DevOptions {
  readonly app: AppModule
  /** The module that exports `handler`. @default worker.ts beside the app, or one made for the app */
  readonly worker?: string
  readonly dataDir?: string
  readonly ports?: { readonly sqs?: number; readonly dynamodb?: number }
  /**
   * Another DynamoDB: `dynoxide` and `local` (AWS's own, needs Java) are started, an address such as `http://127.0.0.1:8000` is used as it is and its
   * tables stay. @default our own engine, in this process
   */
  readonly dynamodb?: string
  readonly region?: string
  readonly concurrency?: LocalConcurrency
  /** More variables for the worker's processes. */
  readonly env?: Readonly<Record<string, string>>
  /** Packages that are not to be bundled: such with native code. */
  readonly external?: readonly string[]
  /** When the app cannot be built or started at first: wait for a change instead of giving up. @default false */
  readonly patient?: boolean
  readonly onStatus: (status: DevStatus) => void
  readonly onEvent: (event: TaskEvent) => void
  readonly onLog: (line: LogLine) => void
}

/** What another process needs to know. */
export interface DevFacts extends Pick<Local, 'endpoints' | 'table' | 'queues' | 'environment'> {
  readonly tasks: readonly string[]
}

export type DevStatus =
  /** The workers receive, for the first time. */
  | ({ readonly type: 'ready'; readonly tookMs: number } & DevFacts)
  /** They run what was changed. */
  | {
      readonly type: 'reloaded'
      readonly files: readonly string[]
      readonly tookMs: number
      readonly tasks: readonly string[]
    }
  /** One paragraph. `goesOn`: the former version still works. */
  | { readonly type: 'not-loaded'; readonly problem: string; readonly goesOn: boolean }
  /** An invocation that failed, a worker that cannot start. */
  | { readonly type: 'problem'; readonly problem: string }
