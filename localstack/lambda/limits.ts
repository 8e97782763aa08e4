/**
 * Limits of AWS Lambda. Source unless stated otherwise:
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */

/**
 * Limit of the payload of a synchronous invocation, and of its response. Documented as 6 MB; Lambda enforces this
 * number of bytes.
 */
export const payloadBytes = 6_291_556

/** https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html: "The Init phase is limited to 10 seconds." */
export const initLimitMs = 10_000

/**
 * Celeriac's own: the pause after a failed start of an environment. It doubles, so a broken worker uses almost no
 * CPU.
 */
export const initBackOffMs = { first: 500, longest: 30_000 } as const
