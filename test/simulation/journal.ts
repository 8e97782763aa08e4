import type { TaskRecord } from '../../shared/core/record.ts'
import type { Step } from './steps.ts'

/** A change that took effect in the table. Instants are the world's. */
export interface Change {
  readonly at: number
  /** Where in the order of everything it came. */
  readonly order: number
  readonly process: string
  readonly before: TaskRecord | undefined
  readonly after: TaskRecord
  readonly transition: boolean
}

/** One run of a task's code. */
export interface Run {
  readonly order: number
  readonly at: number
  readonly id: string
  readonly task: string
  readonly tag: string
  readonly generation: number
  readonly attempt: number
  readonly process: string
  readonly requestId: string
  /** The record as it stood when the run began. */
  readonly record: TaskRecord | undefined
  /** The record names an input beside it, and there is none. */
  readonly inputMissing: boolean
  /** The process that wrote the record's last transition. */
  readonly holder: string | undefined
  /** Another run has begun on the same claim. */
  readonly claimUsed: boolean
  /** It goes on whatever its signal says. */
  readonly deaf: boolean
  /** When its attempt is ended, by the world's clock. */
  readonly limitAt: number
  endedAt?: number
  /** It blocks its process from then on. */
  blockedAt?: number
  /** What its script did at the end. */
  ended?: string
}

/** What came of one call of a client. */
export interface Call {
  readonly call: number
  /** In a bulk call, the place in the list. */
  readonly index: number
  readonly step: Step & { readonly kind: 'enqueue' | 'bulk' | 'foreign' }
  readonly at: number
  readonly tag: string
  answer: 'none' | 'accepted' | 'refused'
  answeredAt?: number
  order?: number
  id?: string
  generation?: number
  deduplicated?: boolean
  error?: Error
}

/** What a caller of get() saw. */
export interface Seen {
  /** When get() was called. */
  readonly askedAt: number
  readonly at: number
  readonly id: string
  readonly generation: number
  readonly value?: unknown
  readonly error?: Error
}

export interface Death {
  readonly at: number
  readonly order: number
  readonly process: string
}

/** The first request of a process that would settle a run. */
export interface SettlingAsked {
  readonly at: number
  readonly process: string
  readonly id: string
}

/** A message that got into a dead-letter queue. */
export interface Letter {
  readonly at: number
  readonly queue: string
  readonly body: string
}

/** All that happened in one simulated world, and what was left at its end. */
export interface Journal {
  readonly changes: Change[]
  readonly runs: Run[]
  readonly calls: Call[]
  readonly seen: Seen[]
  readonly deaths: Death[]
  readonly letters: Letter[]
  readonly settlings: SettlingAsked[]
  /** When the first call of a process went wrong. */
  readonly troubledAt: Map<string, number>
  /** Answers of revoke(): which opening was said to be REVOKED. */
  readonly revoked: { readonly at: number; readonly order: number; readonly id: string }[]
  /** Invocations whose handler rejected. */
  readonly rejections: { readonly at: number; readonly requestId: string; readonly error: unknown }[]
  /** Errors that callers got and should not have. */
  readonly surprises: { readonly at: number; readonly what: string; readonly error: unknown }[]
  readonly garbage: { readonly queue: string; readonly body: string }[]
  /** Set at the end. */
  records: readonly TaskRecord[]
  leftovers: readonly { readonly queue: string; readonly body: string }[]
  endedAt: number
}

export function emptyJournal(): Journal {
  return {
    changes: [],
    runs: [],
    calls: [],
    seen: [],
    deaths: [],
    letters: [],
    settlings: [],
    troubledAt: new Map(),
    revoked: [],
    rejections: [],
    surprises: [],
    garbage: [],
    records: [],
    leftovers: [],
    endedAt: 0,
  }
}
