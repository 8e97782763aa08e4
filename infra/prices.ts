/** AWS's list prices in us-east-1 in US dollars, without free tiers, November 2026. */
export const prices = {
  /** Standard queues, first tier. Every 64 KB of payload in a call is a request. */
  sqsRequest: 0.4e-6,
  sqsRequestKb: 64,
  lambdaRequest: 0.2e-6,
  /** arm64. */
  lambdaGbSecond: 0.0000133334,
  pollerHour: 0.00925,
  /** On demand: a write of up to 1 KB; an eventually consistent read of up to 4 KB is half a unit. */
  tableWrite: 0.625e-6,
  tableRead: 0.125e-6,
  tableReadKb: 4,
  tableGbMonth: 0.25,
  logsGb: 0.5,
  alarmMonth: 0.1,
  dashboardMonth: 3,
} as const

/** The event source mapping keeps this many long polls going per queue while idle; 2 where no concurrency is set. Each takes 20 s. */
export const idlePollers = { concurrencySet: 5, otherwise: 2 } as const
export const longPollSeconds = 20
export const monthSeconds = 30 * 24 * 3_600
