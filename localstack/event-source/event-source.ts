import type { SQSEvent } from 'aws-lambda'
import type { InvokeResult } from '../lambda/index.ts'
import { payloadBytes } from '../lambda/index.ts'
import { readBatchResponse } from './batch-response.ts'
import type { RecordFilter } from './filters.ts'
import { Ramp } from './ramp.ts'
import { sqsEvent, sqsRecord } from './sqs-record.ts'
import type { SqsWire, WireMessage } from './sqs-wire.ts'
import { traceHeader } from './trace-header.ts'

/** The receiver of a batch: a function in child processes, or a handler in this process. */
export interface Invoker {
  readonly arn: string
  /** Resolves when an invocation has a chance to start. */
  capacity(): Promise<void>
  /** Never rejects. */
  invoke(event: SQSEvent, traceId: string): Promise<InvokeResult>
}

export interface EventSourceOptions {
  readonly queueUrl: string
  readonly queueArn: string
  readonly region: string
  /** 1 to 10. */
  readonly batchSize: number
  /** Maximum wait for a fuller batch, counted from its first message. */
  readonly batchWindowMs: number
  /** Invocations at a time, once the mapping has scaled up. */
  readonly concurrency: number
  /** A filter from `compileFilters()`. Messages that do not match are deleted. @default no filter */
  readonly filter?: RecordFilter
  readonly wire: SqsWire
  readonly invoker: Invoker
  /** Reports a failed batch or a failed poll in one sentence. */
  readonly onProblem: (problem: string) => void
}

const longestPollSeconds = 20
const pollPauseMs = 1_000
const deleteTries = 3
/** Size of a record without its body: ids, receipt, attributes, escapes. */
const recordOverheadBytes = 2_048

/**
 * The event source mapping of one queue: polls, builds events, invokes, deletes messages that succeeded. Failed
 * messages reappear when their visibility timeout ends.
 *
 * It receives only messages that it can invoke at once: a poll starts only when an invocation is free. Only one poll
 * runs at a time, so that messages that arrive one by one still share a batch.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 */
export class EventSource {
  readonly #options: EventSourceOptions
  readonly #stop = new AbortController()
  readonly #running = new Set<Promise<void>>()
  readonly #stopped = new Promise<void>((resolve) => {
    this.#stop.signal.addEventListener('abort', () => resolve())
  })
  readonly #ramp: Ramp
  #polling: Promise<void> | undefined

  constructor(options: EventSourceOptions) {
    this.#options = options
    this.#ramp = new Ramp(options.concurrency)
  }

  /** Invocations that run now. */
  get running(): number {
    return this.#running.size
  }

  start(): void {
    this.#polling ??= this.#poll()
  }

  /** Stops receiving. Resolves when all received messages are processed. */
  async drain(): Promise<void> {
    this.#stop.abort()
    await this.#polling
    await Promise.all(this.#running)
  }

  async #poll(): Promise<void> {
    const { signal } = this.#stop
    const { invoker, onProblem } = this.#options
    let failures = 0
    while (!signal.aborted) {
      await this.#free()
      await Promise.race([invoker.capacity(), this.#stopped])
      try {
        const batch = await this.#gather()
        failures = 0
        if (batch.length === 0 && this.#running.size === 0) this.#ramp.idle()
        for (const part of withinPayload(await this.#filter(batch))) {
          await this.#free()
          const work = this.#work(part).finally(() => this.#running.delete(work))
          this.#running.add(work)
        }
      } catch (error) {
        failures += 1
        // Report each problem once, not every second.
        if (failures === 1)
          onProblem(`Messages could not be received: ${textOf(error)}. It is tried again every second.`)
        await pause(pollPauseMs, signal)
      }
    }
  }

  async #free(): Promise<void> {
    while (this.#running.size >= this.#ramp.places) {
      const growsInMs = this.#ramp.full(performance.now())
      if (this.#running.size < this.#ramp.places) return
      const waiting = new AbortController()
      const grown = growsInMs === undefined ? [] : [pause(growsInMs, waiting.signal)]
      await Promise.race([...this.#running, ...grown])
      waiting.abort()
    }
    this.#ramp.free()
  }

  /** Returns the messages that match. Deletes the others, as Lambda does. */
  async #filter(batch: readonly WireMessage[]): Promise<readonly WireMessage[]> {
    const { filter, queueArn, region } = this.#options
    if (filter === undefined) return batch
    const fitting = batch.filter((message) => filter(sqsRecord(message, { queueArn, region })))
    if (fitting.length < batch.length) await this.#delete(batch.filter((message) => !fitting.includes(message)))
    return fitting
  }

  /** Collects one batch. Empty when no message came, or when the mapping stops. */
  async #gather(): Promise<readonly WireMessage[]> {
    const { batchSize, batchWindowMs } = this.#options
    const { signal } = this.#stop
    const batch: WireMessage[] = [...(await this.#receive(batchSize, longestPollSeconds))]
    if (batch.length === 0 || batchWindowMs === 0) return batch
    const closesAt = performance.now() + batchWindowMs
    for (let leftMs = batchWindowMs; batch.length < batchSize && leftMs > 0 && !signal.aborted; ) {
      // Polls wait whole seconds. The rest of the window passes without one: breaking a poll off might lose what it was about to bring.
      const waitSeconds = Math.min(longestPollSeconds, Math.floor(leftMs / 1_000))
      if (waitSeconds === 0) await pause(leftMs, signal)
      batch.push(...(await this.#receive(batchSize - batch.length, waitSeconds)))
      leftMs = closesAt - performance.now()
    }
    return batch
  }

  #receive(max: number, waitSeconds: number): Promise<readonly WireMessage[]> {
    const { wire, queueUrl } = this.#options
    return wire.receive(queueUrl, { max, waitSeconds, signal: this.#stop.signal })
  }

  async #work(batch: readonly WireMessage[]): Promise<void> {
    const { invoker, onProblem, queueArn, region } = this.#options
    const event = sqsEvent(batch, { queueArn, region })
    const result = await invoker.invoke(event, traceHeader(batch, invoker.arn, Date.now()))
    if (result.status === 'failed') {
      onProblem(
        `An invocation failed, its ${counted(batch.length)} will come again when the visibility ends: ${result.error.errorType}: ${result.error.errorMessage}`,
      )
      return
    }
    const verdict = readBatchResponse(result.payload, new Set(batch.map(({ MessageId }) => MessageId)))
    if (verdict.status === 'malformed') {
      onProblem(
        `The handler's answer is no batch response, so its ${counted(batch.length)} will come again when the visibility ends: ${verdict.reason}.`,
      )
      return
    }
    await this.#delete(batch.filter(({ MessageId }) => !verdict.failed.has(MessageId)))
  }

  async #delete(messages: readonly WireMessage[]): Promise<void> {
    const { wire, queueUrl, onProblem } = this.#options
    let receipts: readonly string[] = messages.map(({ ReceiptHandle }) => ReceiptHandle)
    for (let tried = 1; receipts.length > 0; tried++) {
      try {
        receipts = await wire.delete(queueUrl, receipts)
      } catch (error) {
        if (tried === deleteTries) {
          onProblem(`${counted(receipts.length)} could not be deleted and will come again: ${textOf(error)}`)
        }
      }
      if (tried === deleteTries) return
    }
  }
}

function counted(count: number): string {
  return `${count} message${count === 1 ? '' : 's'}`
}

/**
 * Splits messages into batches that fit into the payload of an invocation.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
export function withinPayload(
  messages: readonly WireMessage[],
  most = payloadBytes,
): readonly (readonly WireMessage[])[] {
  const parts: WireMessage[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const message of messages) {
    const own = bytesOf(message)
    if (bytes + own > most) {
      parts.push([])
      bytes = 0
    }
    parts.at(-1)?.push(message)
    bytes += own
  }
  return parts
}

function bytesOf({ Body, MessageAttributes }: WireMessage): number {
  // Skip the measurement for small bodies: ten of them always fit.
  const bodyBytes = Body.length < 65_536 ? Body.length * 6 : Buffer.byteLength(JSON.stringify(Body))
  const attributeBytes = MessageAttributes === undefined ? 0 : Buffer.byteLength(JSON.stringify(MessageAttributes))
  return recordOverheadBytes + bodyBytes + attributeBytes
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
