import { createHash, randomBytes } from 'node:crypto'
import type { WireMessage } from './sqs-wire.ts'

/**
 * The trace header of an invocation: a new trace, and the lineage that lets Lambda detect functions that call
 * themselves through SQS. The SDK passes it on (`_X_AMZN_TRACE_ID` → `AWSTraceHeader`), and each invocation adds one.
 * Lambda stops at about sixteen unless the function has `recursiveLoop: ALLOW`. Here nothing is stopped, as with
 * ALLOW; the header shows the count.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
 */
export function traceHeader(messages: readonly WireMessage[], functionArn: string, now: number): string {
  const id = createHash('sha256').update(functionArn).digest('hex').slice(0, 8)
  const hops = Math.max(0, ...messages.map((message) => hopsOf(message.Attributes?.AWSTraceHeader, id)))
  const seconds = Math.floor(now / 1_000)
    .toString(16)
    .padStart(8, '0')
  const root = `1-${seconds}-${randomBytes(12).toString('hex')}`
  return `Root=${root};Parent=${randomBytes(8).toString('hex')};Sampled=0;Lineage=1:${id}:${hops + 1}`
}

/** How often the function was called before, according to this header. */
function hopsOf(header: string | undefined, id: string): number {
  const lineage = /(?:^|;)\s*Lineage=([^;]+)/.exec(header ?? '')?.[1]
  for (const entry of lineage?.split('|') ?? []) {
    const parts = entry.split(':')
    if (parts.at(-2) === id) return Number(parts.at(-1)) || 0
  }
  return 0
}
