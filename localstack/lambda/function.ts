import { randomUUID } from 'node:crypto'
import type { ProcessGuard } from '../process/process-guard.ts'
import { Environment } from './environment.ts'
import { failed, InitError, type InvokeResult } from './invoke-result.ts'
import { initBackOffMs, initLimitMs, payloadBytes } from './limits.ts'
import type { LogLine } from './log-line.ts'

/** The code of a function: a bundle built for Lambda, or any folder with a module that exports a handler. */
export interface FunctionCode {
  /** A folder. */
  readonly root: string
  /** `file.export`, e.g. `index.handler`. */
  readonly handler: string
}

export interface FunctionOptions {
  /** As at AWS. */
  readonly name: string
  readonly arn: string
  readonly region: string
  /** An invocation that takes longer is killed. */
  readonly timeoutMs: number
  readonly memoryMb: number
  readonly code: FunctionCode
  readonly variables: Readonly<Record<string, string>>
  readonly guard: ProcessGuard
  readonly onLog: (line: LogLine) => void
  /** An environment could not start. */
  readonly onInitError?: (error: InitError) => void
  /** @default Lambda's 10 s */
  readonly initLimitMs?: number
  /** @default true; see Environment */
  readonly freeze?: boolean
  readonly nodeFlags?: readonly string[]
}

/**
 * A Lambda function on this machine. It starts an environment when an invocation finds none idle, and reuses
 * environments, the most recently used one first. The caller limits the number of concurrent invocations (an event
 * source's concurrency).
 *
 * After a failed start of an environment, the next start waits: 0.5 s, doubling up to 30 s.
 */
export class LambdaFunction {
  readonly #options: FunctionOptions
  #idle: Environment[] = []
  /** Every process that has not ended, including those being killed. */
  readonly #alive = new Set<Environment>()
  #failedInits = 0
  #startAfter = 0
  #stopped = false
  #wakeUp = new Set<() => void>()

  constructor(options: FunctionOptions) {
    this.#options = options
  }

  get name(): string {
    return this.#options.name
  }

  /** Process ids of the environments, for inspection. */
  get pids(): readonly number[] {
    return [...this.#alive].flatMap(({ pid }) => (pid === undefined ? [] : [pid]))
  }

  /** Resolves when an invocation can start: immediately, or when the pause after a failed start is over. */
  async capacity(): Promise<void> {
    while (!this.#stopped && this.#idle.length === 0) {
      const waitMs = this.#startAfter - performance.now()
      if (waitMs <= 0) return
      await this.#pause(waitMs)
    }
  }

  /**
   * Starts an environment and keeps it idle. A failure is the caller's to tell.
   *
   * @throws {InitError} when it cannot start
   */
  async warm(): Promise<void> {
    this.#release(await this.#start(false))
  }

  /** Runs an event through an environment. Always resolves. */
  async invoke(payload: string, traceId: string): Promise<InvokeResult> {
    const { arn, timeoutMs } = this.#options
    if (Buffer.byteLength(payload) > payloadBytes) {
      return failed('RequestEntityTooLarge', `Expected a payload of at most ${payloadBytes} bytes.`)
    }
    let environment = this.#idle.pop()
    try {
      environment ??= await this.#start()
    } catch (error) {
      if (error instanceof InitError) return { status: 'failed', error: error.error }
      throw error
    }
    const result = await environment.invoke(
      { requestId: randomUUID(), payload, deadlineAt: Date.now() + timeoutMs, functionArn: arn, traceId },
      timeoutMs,
    )
    if (environment.state === 'idle') this.#release(environment)
    return result
  }

  /** Kills every environment. To let running invocations finish, drain the event source first. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#wake()
    const alive = [...this.#alive]
    for (const environment of alive) environment.kill()
    await Promise.all(alive.map((environment) => environment.ended))
  }

  get #initLimitMs(): number {
    return this.#options.initLimitMs ?? initLimitMs
  }

  /** As on Lambda, an init phase that took too long is repeated with the function's own time-out as its limit. */
  async #start(report = true): Promise<Environment> {
    try {
      const environment = await this.#startOnce(this.#initLimitMs).catch((error: unknown) => {
        if (!(error instanceof InitError) || !error.timedOut || this.#stopped) throw error
        return this.#startOnce(this.#options.timeoutMs)
      })
      this.#failedInits = 0
      return environment
    } catch (error) {
      this.#failedInits += 1
      const pauseMs = Math.min(initBackOffMs.longest, initBackOffMs.first * 2 ** (this.#failedInits - 1))
      this.#startAfter = performance.now() + pauseMs
      if (report && error instanceof InitError && !this.#stopped) this.#options.onInitError?.(error)
      throw error
    }
  }

  async #startOnce(limitMs: number): Promise<Environment> {
    const { name, memoryMb, region, code, guard, variables, onLog, freeze, nodeFlags } = this.#options
    const environment = new Environment({
      facts: { name, memoryMb, region, taskRoot: code.root, handler: code.handler },
      guard,
      variables,
      initLimitMs: limitMs,
      onLog,
      ...(freeze !== undefined && { freeze }),
      ...(nodeFlags !== undefined && { nodeFlags }),
    })
    this.#alive.add(environment)
    void environment.ended.then(() => {
      this.#alive.delete(environment)
      this.#idle = this.#idle.filter((each) => each !== environment)
    })
    if (this.#stopped) environment.kill()
    await environment.ready
    return environment
  }

  #release(environment: Environment): void {
    if (this.#stopped) environment.kill()
    else this.#idle.push(environment)
    this.#wake()
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.#wakeUp.delete(done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      this.#wakeUp.add(done)
    })
  }

  #wake(): void {
    for (const wake of this.#wakeUp) wake()
  }
}
