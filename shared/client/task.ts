import type { AppBuilder } from '../core/app.ts'
import { DefinitionError } from '../core/errors.ts'
import type { TaskDefinition } from '../core/task.ts'
import type { CallOptions } from '../enqueue/call-options.ts'
import { type PreparedCall, prepareCall } from '../enqueue/prepared-call.ts'
import { AsyncResult } from './async-result.ts'
import { BulkEnqueue } from './bulk-enqueue.ts'
import type { BulkEntry } from './bulk-entry.ts'
import type { Indexed } from './chunk-source.ts'
import { applyLocally, callDirectly, type LocalCall } from './local-run.ts'
import type { Services } from './services.ts'
import { signatureMaker } from './signature.ts'
import type { Contract, DelayManyOptions, Task, TaskCalls } from './task-types.ts'

/** Enqueues one call. */
export async function enqueueOne<Output>(
  services: Services,
  definition: TaskDefinition,
  input: unknown,
  options: CallOptions,
): Promise<AsyncResult<Output>> {
  const { app, ports, enqueuer } = services
  const prepared = await prepareCall(definition, input, options, { app, ...ports })
  const [outcome] = await enqueuer.enqueue([prepared])
  if (outcome?.status === 'accepted') return handleOf(services, prepared, outcome)
  throw outcome?.error ?? new Error('The enqueue came to no end: a bug in Celeriac.')
}

/** Enqueues a list. */
export function enqueueMany<Input, Output>(
  services: Services,
  definition: TaskDefinition,
  inputs: Iterable<Input> | AsyncIterable<Input>,
  { concurrency, onProgress, ...options }: DelayManyOptions,
): BulkEnqueue<Input, Output> {
  const bulk = { ...(concurrency !== undefined && { concurrency }), ...(onProgress && { onProgress }) }
  const enqueue = (chunk: readonly Indexed<Input>[]) =>
    enqueueChunk<Input, Output>(services, definition, chunk, options)
  return new BulkEnqueue<Input, Output>(inputs, enqueue, bulk, services.ports.clock)
}

async function enqueueChunk<Input, Output>(
  services: Services,
  definition: TaskDefinition,
  chunk: readonly Indexed<Input>[],
  options: CallOptions,
): Promise<readonly BulkEntry<Input, Output>[]> {
  const { app, ports, enqueuer } = services
  const prepared = await Promise.all(
    chunk.map(({ input }) => prepareCall(definition, input, options, { app, ...ports }).catch(errorOf)),
  )
  const calls = prepared.filter((each): each is PreparedCall => !(each instanceof Error))
  const outcomes = await enqueuer.enqueue(calls)
  const byCall = new Map(calls.map((each, at) => [each, outcomes[at]]))
  return chunk.map(({ index, input }, at) => {
    const each = prepared[at]
    if (each === undefined || each instanceof Error) return { index, input, error: each ?? new Error('No answer.') }
    const outcome = byCall.get(each)
    return outcome?.status === 'accepted'
      ? { index, handle: handleOf<Output>(services, each, outcome) }
      : { index, input, error: outcome?.error ?? new Error('No outcome.') }
  })
}

function handleOf<Output>(
  services: Services,
  { definition, call, ignoreResult }: PreparedCall,
  { deduplicated, generation }: { readonly deduplicated: boolean; readonly generation: number },
): AsyncResult<Output> {
  const ledgerOff = definition.ledger === 'off'
  return new AsyncResult<Output>(call.id, services, { deduplicated, generation, ignoreResult, ledgerOff })
}

function errorOf(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

function callsOf<Input, Output>(services: Services, app: AppBuilder, name: string): TaskCalls<Input, Output> {
  const definition = (): TaskDefinition => {
    const found = app.tasks.get(name)
    if (found === undefined) throw new DefinitionError(`task '${name}' is not defined.`)
    return found
  }
  return {
    // Read anew each time: a contract's changes when it is implemented.
    get definition() {
      return definition()
    },
    delay: (input?: Input) => enqueueOne<Output>(services, definition(), input, {}),
    applyAsync: (input?: Input, options: CallOptions = {}) =>
      enqueueOne<Output>(services, definition(), input, options),
    delayMany: (inputs, options = {}) => enqueueMany<Input, Output>(services, definition(), inputs, options),
    ...signatureMaker<Input, Output>(name, definition, (task, input, options) =>
      enqueueOne(services, task, input, options),
    ),
  }
}

/** The callable object of a task that app.task() gives. */
export function makeTask<Input, Output>(services: Services, app: AppBuilder, name: string): Task<Input, Output> {
  const calls = callsOf<Input, Output>(services, app, name)
  const callOf = (input: unknown, headers?: Readonly<Record<string, string>>): LocalCall => {
    const { definition } = calls
    return { definition, around: app, ports: services.ports, input, ...(headers && { headers }) }
  }
  const call = (input?: Input) => callDirectly(callOf(input)) as Promise<Output>
  Object.defineProperties(call, Object.getOwnPropertyDescriptors(calls))
  return Object.defineProperties(call, {
    name: { value: name },
    apply: {
      value: (input?: Input, options: { readonly headers?: Readonly<Record<string, string>> } = {}) =>
        applyLocally<Output>(callOf(input, options.headers)),
    },
  }) as unknown as Task<Input, Output>
}

/** A task without its function, until it is implemented. */
export function makeContract<Input, Parsed, Output>(
  services: Services,
  app: AppBuilder,
  name: string,
): Contract<Input, Parsed, Output> {
  const contract = {
    name,
    implement(run: NonNullable<TaskDefinition['run']>) {
      app.implement(name, run)
      return makeTask<Input, Output>(services, app, name)
    },
  }
  const calls = callsOf<Input, Output>(services, app, name)
  Object.defineProperties(contract, Object.getOwnPropertyDescriptors(calls))
  return contract as unknown as Contract<Input, Parsed, Output>
}
