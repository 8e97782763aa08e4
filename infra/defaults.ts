import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'

/**
 * Defaults of the constructs, with the reasons. Times and limits of queues are the app's (see core/defaults).
 */

/** A queue may hold accepted tasks and the table their results: neither is deleted with its stack by default. */
export const removalPolicy = RemovalPolicy.RETAIN

/** The newest long-term release that Lambda runs: no other is supported for longer (until 2028-04-30). */
export const runtime = Runtime.NODEJS_24_X

/** A fifth cheaper per GB-second than x86_64. */
export const architecture = Architecture.ARM_64

/** As long as a dead letter is kept. */
export const logRetention = RetentionDays.TWO_WEEKS

/** SQS's longest. A client that polls without a wait time does not pay for empty answers. */
export const receiveWait = Duration.seconds(20)

/** Lambda's advice: fewer environments than this starve the pollers, whose messages then go back unrun. */
export const leastReservedConcurrency = 5

export const alarms = {
  /** Dead letters and crashes are looked at soon, and one is enough. */
  period: Duration.minutes(1),
  errorPeriod: Duration.minutes(5),
  /** A short throttle delays tasks and harms none; a quarter of an hour of it is a limit that is too low. */
  throttledPeriods: 3,
  /** At least this for the age of the oldest message, and twice the visibility time: one crash and its redelivery are no alarm. */
  leastOldestAge: Duration.minutes(15),
} as const

/** One 1-minute data point a pixel is more than anybody can see of a week; five minutes also stay for 63 days. */
export const dashboardPeriod = Duration.minutes(5)
