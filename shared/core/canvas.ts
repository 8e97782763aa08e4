import { DefinitionError } from './errors.ts'
import type { Json } from './json.ts'
import { fillTemplate, makeRef, type Ref, type ScopeNodes, templateOf } from './reference.ts'

/** Call options as JSON: durations as written, no instants. */
export type StoredOptions = Readonly<Record<string, unknown>>

/** A call in a canvas that is not compiled yet. Its input may hold references. */
export interface CallDraft {
  readonly kind: 'call'
  readonly task: string
  /** Uses the previous value as its whole input. */
  readonly piped: boolean
  readonly input: unknown
  readonly options: StoredOptions
}

/** A canvas that is not compiled yet. Only a single call is supported. */
export type Draft = CallDraft

/** A node of a stored canvas. Nodes are numbered; the first one is the whole canvas. A reference names a node by its number. */
export interface CanvasNode {
  readonly kind: 'call'
  readonly task: string
  /** The input's template. Absent: no input. */
  readonly input?: Json
  readonly options?: StoredOptions
}

/** The node that stands for the input of the whole canvas. */
export const inputNode = -1

/** A canvas, or a function that receives a reference to the input and returns a canvas. */
export type DraftSource<Input> = { readonly draft: Draft } | ((input: Ref<Input>) => { readonly draft: Draft })

/**
 * Compiles a canvas to nodes. A function is called once, at once, with a reference to the canvas's input.
 *
 * @throws {DefinitionError} for a reference used outside its function, or a value that is not a signature
 * @throws {EncodeError} for an input that cannot be stored
 */
export function compileCanvas<Input>(source: DraftSource<Input>): readonly CanvasNode[] {
  const scope = Symbol('input')
  const scopes: ScopeNodes = new Map([[scope, inputNode]])
  const signature = typeof source === 'function' && !('draft' in source) ? source(makeRef<Input>(scope)) : source
  const draft = (signature as { readonly draft?: Draft } | undefined)?.draft
  if (draft?.kind !== 'call') {
    throw new DefinitionError(
      `signature: expected task.s(input), or a function that returns one, received ${draft === undefined ? typeof signature : draft}.`,
    )
  }
  const input: Json | undefined = draft.piped
    ? { $: 'ref', node: inputNode }
    : draft.input === undefined
      ? undefined
      : templateOf(draft.input, scopes)
  return [
    {
      kind: 'call',
      task: draft.task,
      ...(input !== undefined && { input }),
      ...(Object.keys(draft.options).length > 0 && { options: draft.options }),
    },
  ]
}

/** The encoded input of a canvas of one call. */
export function inputOfCall(node: CanvasNode, canvasInput: Json): Json {
  return node.input === undefined ? { $: 'undefined' } : fillTemplate(node.input, () => canvasInput)
}
