/**
 * Every chosen or tunable number, with its reason. Units are in the names.
 */

const secondMs = 1_000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** Retries of a task. Three, as in Celery; full jitter spreads tasks that failed together. */
export const retryDefaults = {
  maxRetries: 3,
  delayMs: 10 * secondMs,
  factor: 2,
  maxDelayMs: 10 * minuteMs,
} as const

/** A route's Lambda function and mapping. */
export const queueDefaults = {
  /** Long enough for calls to other services, short enough that a crash recovers in about a minute and a half. */
  timeoutMs: 60 * secondMs,
  /** AWS's default: one request receives ten messages, which saves nine of ten requests. */
  batchSize: 10,
  /** Do not wait for a fuller batch: latency first. */
  batchWindowMs: 0,
  /** Below 512 MB, loading the SDK dominates cold starts. */
  memoryMb: 512,
} as const

/** Lambda ends a function after 15 minutes. Only containers can run longer tasks. */
export const longestFunctionMs = 15 * minuteMs

/** SQS hides a message for at most 12 hours, counted from its receive: the longest time-out of a queue that containers work. */
export const longestVisibilityMs = 12 * hourMs

/** SQS keeps a message at most 14 days; 7 days leave as long again for refreshed copies. Dead letters keep their original time, so they get all 14. */
export const retentionMs = 7 * dayMs
export const deadRetentionMs = 14 * dayMs

/**
 * Visibility = function timeout + batch window + this. AWS's rule of thumb is six times the timeout; here a claim prevents double runs, so a
 * crash recovers six times sooner. The slack covers the time between the poller's receive and the invocation.
 */
export const visibilitySlackMs = 30 * secondMs

/** Without a ledger only visibility prevents double runs: AWS's rule of six applies. */
export const ledgerOffVisibilityFactor = 6

/** SQS's largest maxReceiveCount. Receives are a backstop for functions that cannot start, never attempts. */
export const maxReceiveCountCeiling = 1_000

/** A lease outlives its invocation by the tolerated clock difference between machines. */
export const clockSkewMs = 10 * secondMs

/** Leases in containers, which have no deadline, and how often they are renewed (three tries before one ends). */
export const containerLeaseMs = 60 * secondMs
export const renewalMs = 20 * secondMs

/** Tasks that finish within this time are settled together. */
export const flushMs = 50

/** Up to this delay a message is hidden (ChangeMessageVisibility); for longer delays a fresh copy is sent: hidden messages count towards 120,000 in flight. */
export const hideAtMostMs = 60 * secondMs

/** SQS's longest DelaySeconds. Longer waits are refreshed again on arrival. */
export const maxDelayMs = 15 * minuteMs

/** An unknown task waits this long for a deploy that defines it. */
export const unknownTaskPatienceMs = 15 * minuteMs

/** A suspect that was handed back this often runs first. */
export const suspectHandBacks = 3

export const resultTtlMs = dayMs
export const idempotencyTtlMs = dayMs

/** A record outlives every copy of its message, so that a late duplicate finds it. */
export const recordGraceMs = 12 * hourMs

/** Until payloads can be offloaded. A message may hold 1 MiB; 256 KB leave a batch of ten well under Lambda's 6 MB event. */
export const maxInputBytes = 256 * 1_024

/** A record may hold 400 KB; store larger results elsewhere. */
export const maxResultBytes = 256 * 1_024

/**
 * A record when its task is enqueued, headers included. DynamoDB's item holds 400 KB; the rest is for what comes: a result (256 KB) or an error (48 KB)
 * with progress (16 KB) and a history of ten runs (some 30 KB).
 */
export const maxOpeningBytes = 48 * 1_024

/** One write unit. Inputs that would push the record above it, with its result to come, live in their own item. */
export const hotRecordBytes = 1_024
export const hotResultReserveBytes = 260

/** Running tasks older than the first are checked for revocation in one read per second figure. */
export const revocationCheckMs = 3 * secondMs

/** The worker stops waiting for a slower hook, so it cannot hold up the batch. */
export const hookLimitMs = 5 * secondMs

/** The shortest time between two writes of progress. The last value is always written. */
export const progressMs = secondMs

/** Progress shares the record's 400 KB with the result, and each kilobyte of it is a write unit each second. */
export const maxProgressBytes = 16 * 1_024

/** Workers notice a pause within this time. */
export const controlCacheMs = 5 * secondMs

/** How long enqueue and settlement keep trying when the table throttles or does not answer. */
export const ledgerPatienceMs = 20 * secondMs

/**
 * Single calls in one turn of the event loop are sent together: 50 are 2 BatchExecuteStatement (25 each) and 5 SendMessageBatch (10 each). A batch has 4 requests to each
 * service in flight, so 8 batches stay below the SDK's 50 connections.
 */
export const gather = { batchSize: 50, batchesInFlight: 8 } as const

/** Default timeout of `handle.get()`. */
export const getTimeoutMs = 5 * minuteMs

/** First and slowest polling of a result. */
export const pollMs = { first: 50, slowest: 2_000, factor: 1.5 } as const

/** Runs kept per record. */
export const attemptHistory = 10
/** Lengths in characters, lists in entries; `bytes`: an error as stored, its causes included. */
export const errorLimits = {
  message: 2_000,
  stack: 4_000,
  causes: 5,
  errors: 5,
  fields: 10,
  field: 200,
  bytes: 48 * 1_024,
  indexedName: 60,
  indexedText: 160,
} as const

/** Time reserved before the invocation's deadline for settling. */
export function settleMarginMs(timeoutMs: number): number {
  return Math.max(500, Math.min(2_000, timeoutMs * 0.1))
}

/** Thresholds at which the dashboard and `doctor` report a queue. */
export const attentionDefaults = {
  /** Below 20 ended tasks the share is not meaningful; five times the usual share is not noise. */
  failing: { leastShare: 0.05, timesUsual: 5, leastEnded: 20 },
  /** A backlog of a quarter of an hour is worth a look. Twice the visibility time passes when a worker dies. */
  oldestMs: 15 * minuteMs,
  /** Fewer waiting tasks are done before anyone could react. */
  leastWaiting: 50,
  deadLetters: 1,
  /** The time that counts as "now". */
  recentMs: 10 * minuteMs,
} as const
