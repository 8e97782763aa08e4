import type { Finding } from '../core/attention.ts'
import type { SearchIssue } from '../core/search.ts'
import type { VisibleState } from '../core/states.ts'

/**
 * The read side of the dashboard, the API and the command line. Every answer is bounded: it says how far it looked, and lists go on with a cursor.
 * Instants are epoch milliseconds, shares 0 to 1. Inputs and results are as people may see them: sensitive fields are blanked.
 */
export interface Insight {
  overview(range: TimeRange): Promise<Overview>
  queues(range: TimeRange): Promise<QueuesAnswer>
  /** @throws {DefinitionError} the app has no such queue */
  queue(queue: string, range: TimeRange): Promise<QueueDetail>
  /** The newest first. */
  tasks(query: TasksQuery): Promise<TasksPage>
  /** @throws {TaskNotFoundError} */
  task(id: string): Promise<TaskDetail>
  /** Failures by what caused them. */
  causes(query: CausesQuery): Promise<CausesAnswer>
  /** One cause with its newest failures; undefined when none is left of it. */
  cause(fingerprint: string, query: CausesQuery): Promise<CauseDetail | undefined>
  /** What runs now, the longest first. */
  running(): Promise<RunningAnswer>
  names(range: TimeRange): Promise<NamesAnswer>
}

export interface TimeRange {
  /** Epoch ms, included. */
  readonly from: number
  /** Epoch ms, excluded. */
  readonly to: number
}

/** How far an answer looked. */
export interface Looked {
  /** Tasks that were read for it. */
  readonly tasks: number
  /** It saw all of the range back to here. */
  readonly until: number
  /** Nothing of the range was left out. */
  readonly complete: boolean
}

export interface Series {
  /** Beginning of the first step. */
  readonly from: number
  readonly stepMs: number
  readonly succeeded: readonly number[]
  readonly failed: readonly number[]
  readonly retried: readonly number[]
  readonly arrived: readonly number[]
  /** `null`: nothing was started in this step. */
  readonly wait: Quantiles
  readonly run: Quantiles
}

/** In ms, step by step. */
export interface Quantiles {
  readonly p50: readonly (number | null)[]
  readonly p95: readonly (number | null)[]
  readonly p99: readonly (number | null)[]
}

export interface Figures {
  readonly succeeded: number
  readonly failed: number
  readonly retried: number
  readonly finishedPerMinute: number
  /** Of those that ended; absent when none did. */
  readonly failedShare?: number
  readonly waitP95Ms?: number
  readonly runP50Ms?: number
  readonly runP95Ms?: number
  readonly runP99Ms?: number
}

export interface QueueRow extends Figures {
  readonly queue: string
  /** Ready to be received. On AWS these four are approximate and up to a minute old. */
  readonly waiting: number
  readonly inFlight: number
  readonly delayed: number
  readonly dead: number
  readonly pausedAt?: number
  /** Most tasks at a time, where limited. */
  readonly concurrency?: number
  /** How long the oldest due task has waited. */
  readonly oldestMs?: number
  /** At the rate of now; absent when it grows or nothing waits. */
  readonly emptyInMs?: number
  /** Finished, step by step. */
  readonly spark: readonly number[]
}

export interface Overview {
  readonly attention: readonly Finding[]
  readonly figures: Figures & { readonly waiting: number; readonly dead: number }
  readonly series: Series
  readonly queues: readonly QueueRow[]
  /** The five with most failures. */
  readonly causes: readonly Cause[]
  /** The last that something happened to. */
  readonly latest: readonly TaskRow[]
  readonly looked: Looked
}

export interface QueuesAnswer {
  readonly queues: readonly QueueRow[]
  readonly looked: Looked
}

export interface QueueDetail extends QueueRow {
  readonly series: Series
  readonly names: readonly NameRow[]
  readonly settings: readonly Setting[]
  readonly attention: readonly Finding[]
  readonly looked: Looked
}

export interface Setting {
  readonly name: string
  readonly value: string
  /** What it means, or where it comes from. */
  readonly note?: string
}

export interface NameRow extends Figures {
  readonly task: string
  readonly queue: string
  /** This process knows the task. */
  readonly known: boolean
  readonly open: number
  readonly spark: readonly number[]
}

export interface NamesAnswer {
  readonly names: readonly NameRow[]
  readonly looked: Looked
}

export interface TaskRow {
  readonly id: string
  readonly task: string
  readonly queue: string
  readonly state: VisibleState
  readonly reason?: string
  /** Counted runs that ended. */
  readonly attempt: number
  readonly enqueuedAt: number
  readonly availableAt?: number
  readonly startedAt?: number
  readonly finishedAt?: number
  /** Before the first run, or until now. */
  readonly waitMs?: number
  /** Of the last run, or until now. */
  readonly runMs?: number
  readonly error?: { readonly name: string; readonly message: string }
}

export interface TasksQuery extends TimeRange {
  /** Search words, see `core/search.ts`. */
  readonly search?: string
  readonly limit: number
  readonly cursor?: string
}

export interface TasksPage {
  readonly tasks: readonly TaskRow[]
  /** Absent at the end. A page may hold fewer than `limit`, or none, and still have one. */
  readonly cursor?: string
  readonly issues: readonly SearchIssue[]
  readonly looked: Looked
}

export interface AttemptRow {
  readonly attempt: number
  readonly startedAt: number
  readonly endedAt: number
  readonly outcome: string
  readonly error?: { readonly name: string; readonly message: string }
}

export interface ErrorView {
  readonly name: string
  readonly message: string
  readonly code?: string
  readonly stack?: string
  readonly cause?: ErrorView
}

/** A value as JSON text: numbers stay as they were written. */
export interface PayloadView {
  /** At most 64 KB; cut texts are no JSON any more. */
  readonly text: string
  readonly bytes: number
  readonly cut: boolean
}

export interface TaskDetail extends TaskRow {
  readonly generation: number
  readonly maxAttempts?: number
  readonly timeLimitMs?: number
  /** The last ten. */
  readonly attempts: readonly AttemptRow[]
  readonly error?: ErrorView
  readonly fingerprint?: string
  readonly input?: PayloadView
  readonly result?: PayloadView
  readonly progress?: PayloadView
  /** Fields of the input that are blanked. */
  readonly sensitive: readonly string[]
  /** This process knows the task: its input can be edited. */
  readonly known: boolean
  /** Result and error are no longer kept. */
  readonly hidden: boolean
  readonly forgotten: boolean
  readonly expires?: number
  readonly leaseUntil?: number
  readonly revokeRequestedAt?: number
  readonly resultUntil?: number
  readonly keyUntil?: number
  readonly root: string
  readonly parent?: string
  readonly headers: Readonly<Record<string, string>>
  /** First task of its tree and its parent, where they are others. */
  readonly family: readonly TaskRow[]
}

export interface Cause {
  readonly fingerprint: string
  readonly errorName: string
  /** Without what differs from task to task. */
  readonly message: string
  readonly tasks: readonly string[]
  readonly queues: readonly string[]
  readonly count: number
  readonly firstAt: number
  readonly lastAt: number
  readonly reason?: string
  readonly spark: readonly number[]
}

export interface CausesQuery extends TimeRange {
  readonly queue?: string
}

export interface CausesAnswer {
  readonly causes: readonly Cause[]
  readonly looked: Looked
}

export interface CauseDetail extends Cause {
  readonly frames: readonly string[]
  /** Failures, step by step. */
  readonly series: { readonly from: number; readonly stepMs: number; readonly failed: readonly number[] }
  readonly byTask: readonly Count[]
  readonly byQueue: readonly Count[]
  readonly byAttempts: readonly Count[]
  /** The newest 200. */
  readonly failures: readonly TaskRow[]
  readonly looked: Looked
}

export interface Count {
  readonly name: string
  readonly count: number
}

export interface RunningTask extends TaskRow {
  readonly timeLimitMs?: number
  readonly leaseUntil?: number
  readonly revokeRequestedAt?: number
  readonly progress?: string
}

export interface RunningAnswer {
  readonly tasks: readonly RunningTask[]
  /** In flight as the queues say: short tasks come and go between two looks. */
  readonly inFlight: number
  readonly looked: Looked
}
