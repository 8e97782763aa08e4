import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ProcessGuard } from '../process/process-guard.ts'
import { failed, InitError, type InvokeResult } from './invoke-result.ts'
import { type LogLine, readLines } from './log-line.ts'
import { type Invocation, RuntimeApi } from './runtime-api.ts'
import { environmentVariables, type FunctionOptions, heapFlags } from './variables.ts'

export interface EnvironmentOptions {
  readonly facts: FunctionOptions
  readonly guard: ProcessGuard
  /** The function's own variables. */
  readonly variables: Readonly<Record<string, string>>
  readonly initLimitMs: number
  readonly onLog: (line: LogLine) => void
  /** Stop the process (SIGSTOP) while it has nothing to do. @default true */
  readonly freeze?: boolean
  /** More flags for Node, e.g. --inspect. */
  readonly nodeFlags?: readonly string[]
}

/**
 * Delay before a freeze. A busy environment gets its next batch sooner, and a stop and wake-up each time would cost
 * as much as the invocation.
 */
const freezeAfterMs = 25

const bootstrap = fileURLToPath(new URL('./bootstrap.mjs', import.meta.url))

interface Running {
  readonly requestId: string
  /** The result that the runtime posted. */
  posted: InvokeResult | undefined
  /** Ends the invocation with the posted result, or with this one if nothing was posted. */
  readonly settle: (otherwise: InvokeResult) => void
}

/**
 * One execution environment: a child process that speaks the Runtime API and runs one invocation at a time.
 *
 * ```
 * init ──first /next──► idle (frozen) ──invoke──► busy ──/response, /error──► idle …
 *   └── error, exit, limit ──► ended      └── exit, crash, time-out: killed ──► ended
 * ```
 *
 * After 25 ms without an invocation the process is stopped (SIGSTOP), as Lambda freezes it: pending timers and
 * promises wait for the next invocation. Unlike on Lambda, its children in other process groups continue, and sockets
 * stay open. Windows has no SIGSTOP.
 */
export class Environment {
  /** Resolves when the environment is ready for invocations; rejects with an InitError. */
  readonly ready: Promise<void>
  /** Resolves when the process has ended. */
  readonly ended: Promise<void>
  readonly #options: EnvironmentOptions
  readonly #api: RuntimeApi
  #child: ChildProcess | undefined
  #state: 'init' | 'idle' | 'busy' | 'ended' = 'init'
  #running: Running | undefined
  #frozen = false
  #initTimer: NodeJS.Timeout | undefined
  #freezeTimer: NodeJS.Timeout | undefined
  #settleReady: { readonly resolve: () => void; readonly reject: (error: InitError) => void }
  #settleEnded: () => void
  #lastRequestId: string | undefined

  constructor(options: EnvironmentOptions) {
    this.#options = options
    const ready = deferred<void, InitError>()
    this.ready = ready.promise
    this.ready.catch(() => {})
    this.#settleReady = ready
    const ended = deferred<void, never>()
    this.ended = ended.promise
    this.#settleEnded = ended.resolve
    this.#api = new RuntimeApi({
      onNext: () => this.#onNext(),
      onResult: (requestId, result) => this.#onResult(requestId, result),
      onInitError: (error) => this.#end(new InitError(error)),
    })
    void this.#start()
  }

  get state(): 'init' | 'idle' | 'busy' | 'ended' {
    return this.#state
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /**
   * Call only while idle. Always resolves: a crash and a time-out are results. As on Lambda, an invocation ends when
   * the runtime asks for the next one, not when it answers. Its time-out runs until then.
   */
  invoke(invocation: Invocation, timeoutMs: number): Promise<InvokeResult> {
    if (this.#state !== 'idle') throw new Error(`Expected an idle environment, this one is ${this.#state}.`)
    this.#state = 'busy'
    clearTimeout(this.#freezeTimer)
    this.#lastRequestId = invocation.requestId
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        const text = `Task timed out after ${(timeoutMs / 1_000).toFixed(2)} seconds`
        this.#say(`${new Date().toISOString()} ${invocation.requestId} ${text}`)
        this.#running?.settle(failed('Sandbox.Timedout', `RequestId: ${invocation.requestId} Error: ${text}`))
        this.#end()
      }, timeoutMs)
      this.#running = {
        requestId: invocation.requestId,
        posted: undefined,
        settle: (otherwise) => {
          const posted = this.#running?.posted
          clearTimeout(timer)
          this.#running = undefined
          resolve(posted ?? otherwise)
        },
      }
      try {
        this.#api.deliver(invocation)
        this.#thaw()
      } catch {
        // The process has just ended, and its exit event has not arrived yet.
        this.#running?.settle(failed('Runtime.ExitError', `RequestId: ${invocation.requestId} Error: Runtime exited`))
        this.#end()
      }
    })
  }

  /** Kills the process at once. A running invocation fails. */
  kill(): void {
    this.#end()
  }

  async #start(): Promise<void> {
    const { facts, guard, variables, initLimitMs, nodeFlags = [] } = this.#options
    try {
      const address = await this.#api.listen()
      if (this.#state === 'ended') {
        this.#api.close()
        this.#settleEnded()
        return
      }
      const flags = ['--enable-source-maps', ...heapFlags(facts.memoryMb), ...nodeFlags]
      const child = spawn(process.execPath, [...flags, bootstrap], {
        cwd: facts.taskRoot,
        env: environmentVariables(facts, address, process.env, variables),
        stdio: ['ignore', 'pipe', 'pipe'],
        // Own process group: a kill includes the processes that the task started, and Ctrl-C does not reach it.
        detached: true,
        windowsHide: true,
      })
      this.#child = child
      if (child.pid !== undefined) guard.watch(child.pid)
      readLines(child.stdout, (text) => this.#log('stdout', text))
      readLines(child.stderr, (text) => this.#log('stderr', text))
      child.once('error', (error) => {
        this.#end(new InitError({ errorType: 'Runtime.StartError', errorMessage: error.message }))
        this.#exited()
      })
      child.once('exit', (code, signal) => this.#onExit(code, signal))
      this.#initTimer = setTimeout(() => {
        const seconds = (initLimitMs / 1_000).toFixed(2)
        this.#say(`INIT_REPORT Init Duration: ${initLimitMs} ms Phase: init Status: timeout`)
        this.#end(
          new InitError(
            { errorType: 'Sandbox.Timedout', errorMessage: `Init timed out after ${seconds} seconds` },
            true,
          ),
        )
      }, initLimitMs)
    } catch (error) {
      this.#end(new InitError({ errorType: 'Runtime.StartError', errorMessage: String(error) }))
      this.#settleEnded()
    }
  }

  #onNext(): void {
    if (this.#state === 'ended') return
    const first = this.#state === 'init'
    this.#state = 'idle'
    if (first) {
      clearTimeout(this.#initTimer)
      this.#settleReady.resolve()
    } else {
      this.#running?.settle(
        failed('Runtime.NoResponse', 'The runtime asked for the next invocation without an answer.'),
      )
    }
    this.#freezeTimer = setTimeout(() => this.#freeze(), freezeAfterMs)
  }

  #onResult(requestId: string, result: InvokeResult): void {
    if (this.#running?.requestId === requestId) this.#running.posted = result
  }

  #freeze(): void {
    const { freeze = true } = this.#options
    if (!freeze || this.#state !== 'idle' || this.#frozen || process.platform === 'win32') return
    this.#frozen = this.#signal('SIGSTOP')
  }

  #thaw(): void {
    if (this.#frozen) this.#signal('SIGCONT')
    this.#frozen = false
  }

  #end(reason?: InitError): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    clearTimeout(this.#initTimer)
    clearTimeout(this.#freezeTimer)
    this.#settleReady.reject(
      reason ?? new InitError({ errorType: 'Runtime.Killed', errorMessage: 'The environment was stopped.' }),
    )
    if (this.#child === undefined) return
    this.#signal('SIGKILL')
    this.#running?.settle(
      failed('Runtime.Killed', `RequestId: ${this.#running.requestId} Error: The environment was stopped.`),
    )
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null): void {
    const how =
      signal !== null
        ? `with error: signal: ${signal}`
        : code === 0
          ? 'without providing a reason'
          : `with error: exit status ${code}`
    this.#running?.settle(
      failed('Runtime.ExitError', `RequestId: ${this.#running.requestId} Error: Runtime exited ${how}`),
    )
    // Also kill the processes that it started.
    this.#signal('SIGKILL')
    this.#end(new InitError({ errorType: 'Runtime.ExitError', errorMessage: `Runtime exited ${how}` }))
    this.#exited()
  }

  #exited(): void {
    if (this.#child?.pid !== undefined) this.#options.guard.leave(this.#child.pid)
    this.#api.close()
    this.#settleEnded()
  }

  #log(stream: LogLine['stream'], text: string): void {
    this.#options.onLog({
      functionName: this.#options.facts.name,
      requestId: this.#running?.requestId ?? this.#lastRequestId,
      stream,
      text,
    })
  }

  #say(text: string): void {
    this.#log('stderr', text)
  }

  /** Sends a signal to the whole process group. @returns whether the group exists */
  #signal(name: NodeJS.Signals): boolean {
    const pid = this.#child?.pid
    if (pid === undefined) return false
    try {
      process.kill(process.platform === 'win32' ? pid : -pid, name)
      return true
    } catch {
      return false
    }
  }
}

function deferred<Value, Failure>(): {
  readonly promise: Promise<Value>
  readonly resolve: (value: Value) => void
  readonly reject: (error: Failure) => void
} {
  let settle: { resolve: (value: Value) => void; reject: (error: Failure) => void } | undefined
  const promise = new Promise<Value>((resolve, reject) => {
    settle = { resolve, reject }
  })
  if (settle === undefined) throw new Error('A promise runs its executor at once.')
  return { promise, ...settle }
}
