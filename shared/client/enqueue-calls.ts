import { DefinitionError } from '../core/errors.ts'
import type { TaskDefinition } from '../core/task.ts'
import { type CallOptions, resolveCall } from '../enqueue/call-options.ts'
import type { Opening } from '../enqueue/enqueue-outcome.ts'
import { freezeInput, type PreparedCall, prepareCall } from '../enqueue/prepared-call.ts'
import { AsyncResult } from './async-result.ts'
import { BulkEnqueue, bulkChunk } from './bulk-enqueue.ts'
import type { BulkEntry, TakenCall } from './bulk-entry.ts'
import { ChunkSource, type Indexed } from './chunk-source.ts'
import type { Services } from './services.ts'
import type { BulkCall, DelayManyOptions } from './task-types.ts'

/** Enqueues one call. */
export async function enqueueOne<Output>(
  services: Services,
  definition: TaskDefinition,
  input: unknown,
  options: CallOptions,
): Promise<AsyncResult<Output>> {
  const { app, ports, gatherer } = services
  const prepared = await prepareCall(definition, input, options, { app, ...ports })
  const outcome = await gatherer.enqueue(prepared)
  if (outcome.status === 'accepted') return handleOf(services, prepared, outcome)
  throw outcome.error
}

/** Enqueues a list of inputs. @throws {DefinitionError} an option is wrong for all of them */
export function enqueueMany<Input, Output>(
  services: Services,
  definition: TaskDefinition,
  inputs: Iterable<Input> | AsyncIterable<Input>,
  options: DelayManyOptions,
): BulkEnqueue<Input, Output> {
  const take = (input: Input): TakenCall<Input> => ({ input, frozen: freezeInput(definition, input), options: {} })
  return enqueueList(services, definition, 'delayMany', inputs, take, options)
}

/** Enqueues a list of calls with options of their own. */
export function enqueueCalls<Input, Output>(
  services: Services,
  definition: TaskDefinition,
  calls: Iterable<BulkCall<Input>> | AsyncIterable<BulkCall<Input>>,
  options: DelayManyOptions,
): BulkEnqueue<Input, Output> {
  const take = (call: BulkCall<Input>): TakenCall<Input> => {
    if (typeof call !== 'object' || call === null || !('input' in call)) {
      const error = new DefinitionError(
        `task '${definition.name}': applyMany: expected { input, … } for each call, received ${typeof call}${typeof call === 'object' ? ' without input' : ''}.`,
      )
      return {
        input: call,
        options: {},
        frozen: () => {
          throw error
        },
      }
    }
    const { input, headers, ...own } = call
    return {
      input,
      frozen: freezeInput(definition, input),
      options: headers === undefined ? own : { ...own, headers: { ...headers } },
    }
  }
  return enqueueList(services, definition, 'applyMany', calls, take, options)
}

function enqueueList<Item, Input, Output>(
  services: Services,
  definition: TaskDefinition,
  method: string,
  items: Iterable<Item> | AsyncIterable<Item>,
  take: (item: Item) => TakenCall<Input>,
  { concurrency, onProgress, ...options }: DelayManyOptions,
): BulkEnqueue<Input, Output> {
  const { app, ports } = services
  const bulk = { ...(concurrency !== undefined && { concurrency }), ...(onProgress && { onProgress }) }
  const owner = `task '${definition.name}': ${method}`
  for (const option of ['taskId', 'idempotencyKey']) {
    if (option in options)
      throw new DefinitionError(`${owner}: ${option}: a list has no one id. Give each call its own with applyMany().`)
  }
  // What is wrong for all is said once, before anything is taken from the list.
  resolveCall(definition, options, app, ports.clock.now())
  const source = new ChunkSource(items, bulkChunk, ports.clock, take)
  return new BulkEnqueue<Input, Output>(
    source,
    (chunk) => enqueueChunk<Input, Output>(services, definition, chunk, options),
    bulk,
  )
}

async function enqueueChunk<Input, Output>(
  services: Services,
  definition: TaskDefinition,
  chunk: readonly Indexed<TakenCall<Input>>[],
  shared: CallOptions,
): Promise<readonly BulkEntry<Input, Output>[]> {
  const { app, ports, enqueuer } = services
  const prepared = await Promise.all(
    chunk.map(({ item: { input, options, frozen } }) =>
      prepareCall(definition, input, { ...shared, ...options }, { app, ...ports }, frozen).catch(errorOf),
    ),
  )
  const calls = prepared.filter((each): each is PreparedCall => !(each instanceof Error))
  const outcomes = await enqueuer.enqueue(calls)
  const byCall = new Map(calls.map((each, at) => [each, outcomes[at]]))
  return chunk.map(({ index, item: { input } }, at) => {
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
  { deduplicated, opening }: { readonly deduplicated: boolean; readonly opening: Opening | undefined },
): AsyncResult<Output> {
  const ledgerOff = definition.ledger === 'off'
  return new AsyncResult<Output>(call.id, services, { deduplicated, opening, ignoreResult, ledgerOff })
}

function errorOf(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
