import { type AttemptDeps, type AttemptOptions, callFunction, contextOf, startAttempt } from '../core/attempt.ts'
import { RetrySignal, type TaskLogger } from '../core/context.ts'
import { decide } from '../core/decide.ts'
import { fromErrorData, toErrorData } from '../core/error-data.ts'
import { DefinitionError, TaskFailedError, TaskRevokedError } from '../core/errors.ts'
import { callHooks, hookOwners, hooksFor } from '../core/hooks.ts'
import { decode, type Json } from '../core/json.ts'
import { throughMiddlewares } from '../core/middleware.ts'
import { createScrubber, type Scrubber, scrubberOf } from '../core/redact.ts'
import { isTerminal, type TaskState } from '../core/states.ts'
import type { AroundRuns, TaskDefinition } from '../core/task.ts'
import { freezeInput, validateFor } from '../enqueue/prepared-call.ts'
import type { Ports } from '../ports/index.ts'
import { currentTask } from '../protocol/current-task.ts'
import { surroundingsOf } from '../protocol/surroundings.ts'
import { taskLogger } from '../protocol/task-logger.ts'
import type { TaskError } from './task-result.ts'

/** The handle of a task that `apply()` ran in this process: it has ended. */
export interface LocalResult<Output> {
  readonly id: string
  readonly state: TaskState
  /** Number of counted attempts. */
  readonly attempts: number
  /** The result, encoded and decoded as a worker's would be. @throws {TaskFailedError} with the thrown error as `cause` */
  get(options: { readonly propagate: false }): Promise<Output | TaskError>
  get(): Promise<Output>
  ready(): boolean
  successful(): boolean
  failed(): boolean
}

export interface LocalCall {
  readonly definition: TaskDefinition
  readonly around: AroundRuns
  readonly ports: Ports
  readonly input: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Calls a task's function in this process: validated, with a context, without retries. Errors of the function are thrown unchanged. */
export async function callDirectly(call: LocalCall): Promise<unknown> {
  const { definition } = call
  refuseContract(definition)
  const scrub = createScrubber(definition.sensitive)
  scrub.learn(call.input)
  const value = await validateFor(definition, call.input)
  scrub.learn(value)
  const facts = factsOf(call, call.ports.random.uuid(call.ports.clock.now()), 1)
  const log = loggerOf(call, facts, scrub)
  const deps = surroundings(call, log, facts, () => {}, scrub)
  const deadlineAt = deps.now() + facts.timeLimitMs
  const context = contextOf(definition, facts, deadlineAt, new AbortController().signal, deps, log)
  try {
    return await throughMiddlewares(call.around.middlewares, context, () => callFunction(definition, value, context))
  } catch (error) {
    // A direct call is never retried: as in Celery, the caller gets the error that was passed to retry().
    if (error instanceof RetrySignal && error.options.error !== undefined) throw error.options.error
    throw error
  }
}

/** Runs a task in this process as a worker would, until it has ended. Retries and snoozes follow at once. */
export async function applyLocally<Output>(call: LocalCall): Promise<LocalResult<Output>> {
  const { definition, around, ports } = call
  refuseContract(definition)
  const input = freezeInput(definition, call.input)()
  await validateFor(definition, decode(input))
  const id = ports.random.uuid(ports.clock.now())
  const owners = hookOwners(around.hooks, definition.hooks)
  const scrub = scrubberOf(input, definition.sensitive)
  let maxRetries = definition.retry.maxRetries
  for (let attempt = 0; ; ) {
    const facts = factsOf(call, id, attempt + 1)
    const log = loggerOf(call, facts, scrub)
    const deps = surroundings(call, log, facts, (error) => running.fail(error), scrub)
    const running = startAttempt(definition, around, input, facts, deps, log)
    const outcome = await running.outcome
    const settlement = decide(outcome, {
      definition,
      policy: { ...definition.retry, maxRetries },
      id,
      attempt,
      random: ports.random.fraction(),
    })
    const { state, counts, error } = settlement
    if (counts) attempt++
    if (outcome.kind === 'asked-retry' && outcome.options.maxRetries !== undefined)
      maxRetries = outcome.options.maxRetries
    const data = error === undefined ? undefined : toErrorData(error, scrub)
    if (owners.length > 0) await deps.enter(() => callHooks(owners, running.context, hooksFor(settlement, scrub), deps))
    const output = settlement.result ? decode(JSON.parse(settlement.result) as Json) : undefined
    if (isTerminal(state)) {
      const failure =
        state === 'FAILURE' && data ? new TaskFailedError(id, definition.name, attempt, fromErrorData(data)) : undefined
      return resultOf<Output>(id, state, attempt, output as Output, failure)
    }
    // A task may snooze until something else happens in this process, so let the event loop turn.
    await new Promise<void>((resolve) => void ports.clock.timer(0, resolve))
  }
}

function resultOf<Output>(
  id: string,
  state: TaskState,
  attempts: number,
  output: Output,
  failure: TaskFailedError | undefined,
): LocalResult<Output> {
  const error = failure ?? (state === 'REVOKED' ? new TaskRevokedError(id) : undefined)
  async function get(options: { readonly propagate: false }): Promise<Output | TaskError>
  async function get(): Promise<Output>
  async function get(options?: { readonly propagate: false }): Promise<Output | TaskError> {
    if (error === undefined) return output
    if (options?.propagate === false) return error
    throw error
  }
  return {
    id,
    state,
    attempts,
    get,
    ready: () => true,
    successful: () => state === 'SUCCESS',
    failed: () => state === 'FAILURE',
  }
}

function loggerOf({ ports, definition }: LocalCall, facts: AttemptOptions, scrub: Scrubber): TaskLogger {
  const { id, queue, attempt } = facts
  return taskLogger(ports.telemetry, { task: definition.name, id, queue, attempt }, scrub)
}

function refuseContract(definition: TaskDefinition): void {
  if (definition.run === undefined) {
    throw new DefinitionError(
      `task '${definition.name}' is a contract: this process has no function to run. Enqueue it, or implement() it here.`,
    )
  }
}

function factsOf({ definition, ports, headers = {} }: LocalCall, id: string, attempt: number): AttemptOptions {
  const caller = currentTask.getStore()
  const traceparent = headers.traceparent ?? caller?.traceparent
  return {
    id,
    queue: definition.queue,
    attempt,
    maxRetries: definition.retry.maxRetries,
    generation: 0,
    headers,
    enqueuedAt: ports.clock.now(),
    root: caller?.root ?? id,
    receiveCount: 0,
    local: true,
    timeLimitMs: definition.timeLimitMs,
    ignoreResult: definition.ignoreResult,
    ...(caller && { parent: caller.id }),
    ...(traceparent !== undefined && { traceparent }),
    ...(definition.softTimeLimitMs !== undefined && { softTimeLimitMs: definition.softTimeLimitMs }),
  }
}

function surroundings(
  { ports }: LocalCall,
  log: TaskLogger,
  options: AttemptOptions,
  fail: (error: unknown) => void,
  scrub: Scrubber,
): AttemptDeps {
  return { ...surroundingsOf(options, ports, log, fail), progress: () => {}, validated: scrub.learn }
}
