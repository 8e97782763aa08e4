import type { CallDraft, Draft } from '../core/canvas.ts'
import { DefinitionError } from '../core/errors.ts'
import type { Bound } from '../core/reference.ts'
import type { TaskDefinition } from '../core/task.ts'
import type { CallOptions } from '../enqueue/call-options.ts'
import type { AsyncResult } from './async-result.ts'

declare const needs: unique symbol
declare const output: unique symbol

/** What every signature is, whatever it needs. */
export type AnySignature = Signature<never, unknown>

/**
 * A call of a task as data: immutable, sent by `delay()` or by a schedule, as often as wanted.
 * `Needs`: the input that it still has to be given (`unknown`: none).
 */
export interface Signature<in Needs, out Output> {
  readonly [needs]: (value: Needs) => void
  readonly [output]: Output
  readonly draft: Draft
  /** The same call with further options. */
  set<Self extends AnySignature>(this: Self, options: CallOptions): Self
  delay<Result>(this: Signature<unknown, Result>): Promise<AsyncResult<Result>>
  delay<Input, Result>(this: Signature<Input, Result>, input: Input): Promise<AsyncResult<Result>>
  applyAsync<Result>(
    this: Signature<unknown, Result>,
    input?: undefined,
    options?: CallOptions,
  ): Promise<AsyncResult<Result>>
  applyAsync<Input, Result>(
    this: Signature<Input, Result>,
    input: Input,
    options?: CallOptions,
  ): Promise<AsyncResult<Result>>
}

/** How a task becomes a signature. */
export interface SignatureMaker<Input, Output> {
  /** Takes what it is given later as its whole input. */
  s(): Signature<Input, Output>
  /** With its input. References may stand for values, at any depth. */
  s(input: Bound<Input>): Signature<unknown, Output>
  /** Without input, whatever comes before. */
  si(): Signature<unknown, Output>
}

type Send = (definition: TaskDefinition, input: unknown, options: CallOptions) => Promise<AsyncResult<unknown>>

class CallSignature {
  readonly draft: CallDraft
  readonly #task: () => TaskDefinition
  readonly #send: Send

  constructor(draft: CallDraft, task: () => TaskDefinition, send: Send) {
    this.draft = draft
    this.#task = task
    this.#send = send
  }

  set(options: CallOptions): CallSignature {
    return new CallSignature({ ...this.draft, options: { ...this.draft.options, ...options } }, this.#task, this.#send)
  }

  delay(input?: unknown): Promise<AsyncResult<unknown>> {
    return this.applyAsync(input)
  }

  async applyAsync(input?: unknown, options: CallOptions = {}): Promise<AsyncResult<unknown>> {
    const { piped, input: own, options: set, task } = this.draft
    if (!piped && input !== undefined) {
      throw new DefinitionError(`task '${task}': this signature has its input already. Call delay() without one.`)
    }
    return this.#send(this.#task(), piped ? input : own, { ...(set as CallOptions), ...options })
  }
}

/** @param send enqueues one call */
export function signatureMaker<Input, Output>(
  name: string,
  task: () => TaskDefinition,
  send: Send,
): SignatureMaker<Input, Output> {
  const make = (piped: boolean, input: unknown) =>
    new CallSignature({ kind: 'call', task: name, piped, input, options: {} }, task, send)
  const maker = {
    s: (...given: readonly unknown[]) => make(given.length === 0, given[0]),
    si: () => make(false, undefined),
  }
  // The brands of the type exist for the compiler alone.
  return maker as unknown as SignatureMaker<Input, Output>
}
