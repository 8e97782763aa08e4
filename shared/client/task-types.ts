import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { LazyTaskFunction, TaskContext, TaskFunction } from '../core/context.ts'
import type { CannotBeSent, Encodable } from '../core/json.ts'
import type { TaskDefinition, TaskOptions } from '../core/task.ts'
import type { CallOptions } from '../enqueue/call-options.ts'
import type { AsyncResult } from './async-result.ts'
import type { BulkEnqueue, BulkOptions } from './bulk-enqueue.ts'
import type { LocalResult } from './local-run.ts'
import type { SignatureMaker } from './signature.ts'

/** The input of a task whose function takes nothing. Not `undefined`, which a function may name as its input. */
export type NoInput = ReturnType<() => void>

/** A task without input (`void`) is called without one; one that can do without (`undefined` among its inputs), too. */
export type InputArguments<Input> =
  IsVoid<Input> extends true ? [input?: undefined] : undefined extends Input ? [input?: Input] : [input: Input]

/** The same, with options behind. A task without input takes its options first, or behind `undefined`. */
export type CallArguments<Input, Options> =
  IsVoid<Input> extends true
    ? [options?: Options] | [input: undefined, options?: Options]
    : undefined extends Input
      ? [input?: Input, options?: Options]
      : [input: Input, options?: Options]

type IsVoid<Input> = unknown extends Input
  ? false
  : [Input] extends [undefined]
    ? false
    : [Input] extends [NoInput]
      ? true
      : false

/** Nothing to add when the input comes out of a queue as it went in; else a type that no options have. */
export type Sendable<Input> =
  Input extends Encodable<Input> ? unknown : { readonly input: CannotBeSent & Encodable<Input> }

/** One call of a list: its input, and what it says differently from its task's definition. */
export type BulkCall<Input, QueueName extends string = string> = CallOptions<QueueName> & { readonly input: Input }

/** Options of `delayMany`: those of the whole list, and those of every call in it. */
export type DelayManyOptions<QueueName extends string = string> = BulkOptions &
  Omit<CallOptions<QueueName>, 'taskId' | 'idempotencyKey'>

/** What every task can do, whether or not this process can run it. */
export interface TaskCalls<Input, Output, QueueName extends string = string> extends SignatureMaker<Input, Output> {
  readonly definition: TaskDefinition
  /**
   * Enqueues a call. When it resolves, the task will reach a terminal state or its message a dead-letter queue (G1).
   *
   * @throws {InputError} the schema refused the input; nothing was sent
   * @throws {EnqueueError} it could not be enqueued; `mayRun` says whether it may run all the same
   * @throws {IdempotencyConflictError} its key is held by another input
   */
  delay(...input: InputArguments<Input>): Promise<AsyncResult<Output>>
  /** `delay` with options. */
  applyAsync(...call: CallArguments<Input, CallOptions<QueueName>>): Promise<AsyncResult<Output>>
  /**
   * Enqueues a list of any length, ten messages a request. Iterate or await it. Each input is encoded when it is taken from the list.
   *
   * @throws {DefinitionError} at once: an option is wrong for all of them
   */
  delayMany(
    inputs: Iterable<Input> | AsyncIterable<Input>,
    options?: DelayManyOptions<QueueName>,
  ): BulkEnqueue<Input, Output>
  /**
   * `delayMany` with options for each call, which win over those of the whole list.
   *
   * @example
   * await sendEmail.applyMany(rows.map(({ id, to }, index) => ({ input: { to }, idempotencyKey: id, countdown: index })))
   */
  applyMany(
    calls: Iterable<BulkCall<Input, QueueName>> | AsyncIterable<BulkCall<Input, QueueName>>,
    options?: DelayManyOptions<QueueName>,
  ): BulkEnqueue<Input, Output>
}

/** A task with its function. Calling it runs the function here and now, validated, without a queue. */
export interface Task<Input, Output, QueueName extends string = string> extends TaskCalls<Input, Output, QueueName> {
  (...input: InputArguments<Input>): Promise<Output>
  readonly name: string
  /** Runs it here with context, limits, hooks and retries (without waiting between them), as a worker would. */
  apply(
    ...call: CallArguments<Input, { readonly headers?: Readonly<Record<string, string>> }>
  ): Promise<LocalResult<Output>>
}

/** A task as another package sees it: name, schemas and options, without its function. */
export interface Contract<Input, Parsed, Output, QueueName extends string = string>
  extends TaskCalls<Input, Output, QueueName> {
  readonly name: string
  /** Gives it its function, in the package that runs it. Once. */
  implement(run: TaskFunction<Parsed, Output> | LazyTaskFunction<Parsed, Output>): Task<Input, Output, QueueName>
}

type LazyModule = { readonly default: (...args: never[]) => unknown }

/** What a function gives: its result, or that of the module's default export when it is lazy. */
export type OutputOf<Result> =
  Awaited<Result> extends { readonly default: (...args: never[]) => infer Given } ? Awaited<Given> : Awaited<Result>

/** Without a schema, the input is what the function takes, and nothing when it takes nothing; a lazy one takes what its module's default export does. */
export type InputOf<Input, Result, Run> = [Awaited<Result>] extends [never]
  ? OwnInput<Input, Run>
  : Awaited<Result> extends { readonly default: () => unknown }
    ? NoInput
    : Awaited<Result> extends { readonly default: (input: infer Given, ...rest: never[]) => unknown }
      ? Given
      : OwnInput<Input, Run>

type OwnInput<Input, Run> = Run extends () => unknown ? NoInput : Input

/** Nothing to add when the default export of a lazy function takes this input; else a type that no function has. */
export type Takes<Result, Parsed> =
  Awaited<Result> extends LazyModule
    ? Awaited<Result> extends { readonly default: (input: Parsed, context: TaskContext) => unknown }
      ? unknown
      : { readonly defaultExportMustTake: Parsed }
    : unknown

type OwnOptions<Parsed, QueueName extends string> = Omit<TaskOptions<Parsed>, 'queue'> & {
  /** One of the app's queues. @default the app's only queue, or `defaults.queue` */
  readonly queue?: QueueName
}

type FieldOf<Value> = Value extends object ? Extract<keyof Value, string> : string

/** Options of a task with a schema. */
export type SchemaTaskOptions<Schema extends StandardSchemaV1, QueueName extends string> = Omit<
  OwnOptions<StandardSchemaV1.InferOutput<Schema>, QueueName>,
  'sensitive'
> & {
  /**
   * Top-level fields of the input that never reach logs, errors or pages: as the caller names them, and as the schema does where it renames them.
   * Values shorter than three characters are hidden where a field has their name, and not inside a text.
   */
  readonly sensitive?: readonly (
    | FieldOf<StandardSchemaV1.InferOutput<Schema>>
    | FieldOf<StandardSchemaV1.InferInput<Schema>>
  )[]
  /** Any Standard Schema: Zod, Valibot, ArkType, … Validated at enqueue and again at the worker. */
  readonly input: Schema
}

/** Options of a task whose input is what its function says. */
export type PlainTaskOptions<Input, QueueName extends string> = OwnOptions<Input, QueueName> & {
  readonly input?: undefined
}

/** Options of a contract. */
export type ContractOptions<
  Schema extends StandardSchemaV1,
  Output extends StandardSchemaV1,
  QueueName extends string,
> = SchemaTaskOptions<Schema, QueueName> & {
  /** Types the result; results are not validated. */
  readonly output?: Output
}
