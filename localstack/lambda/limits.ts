/** Numbers of AWS Lambda. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html where nothing else is said. */

/** Of a synchronous invocation's payload and of its response: 6 MB, which the service counts as this. */
export const payloadBytes = 6_291_556

/** https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html: "The Init phase is limited to 10 seconds." */
export const initLimitMs = 10_000

/** Ours: pauses before another environment is started after one could not start. Doubling, so that a broken worker costs next to nothing. */
export const initBackOffMs = { first: 500, longest: 30_000 } as const
