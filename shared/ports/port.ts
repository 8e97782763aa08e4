import type { SendAnswer, WriteAnswer } from './answers.ts'

/**
 * How a method answers, and so which faults can be injected.
 *
 * | kind | entries | answer |
 * |---|---|---|
 * | `write` | each takes effect by itself | a WriteAnswer for each |
 * | `send` | each takes effect by itself | a SendAnswer for each |
 * | `try` | each takes effect by itself | true or false for each |
 * | `put` | each takes effect by itself | nothing; throws when any may not have taken effect |
 * | `add` | each takes effect by itself | nothing; never throws |
 * | `read` | none has an effect | one for all; throws when the service does not answer |
 * | `local` | – | at once: the method does not leave the process |
 */
export type MethodKind = 'write' | 'send' | 'try' | 'put' | 'add' | 'read' | 'local'

/** The kinds that fit a method's signature. */
type KindOf<Method> = Method extends (...given: never[]) => Promise<void>
  ? 'put' | 'add'
  : Method extends (...given: never[]) => Promise<readonly WriteAnswer[]>
    ? 'write'
    : Method extends (...given: never[]) => Promise<readonly SendAnswer[]>
      ? 'send'
      : Method extends (...given: never[]) => Promise<readonly boolean[]>
        ? 'try'
        : Method extends (...given: never[]) => Promise<unknown>
          ? 'read'
          : 'local'

/** A port as a value: its name and the kind of each method. Connections, faults and fences are made from it. */
export interface PortTable<Port, Name extends string = string> {
  readonly name: Name
  readonly methods: { readonly [Method in keyof Port & string]: KindOf<Port[Method]> }
}

/** Declares a port beside its interface. The compiler refuses a table that lacks a method or gives it a kind that does not fit its answer. */
export function port<Port>() {
  return <const Name extends string>(
    name: Name,
    methods: PortTable<Port>['methods'] & { readonly [Extra in string]: MethodKind },
  ): PortTable<Port, Name> => ({ name, methods })
}

/** One call of a port's method. */
export interface Call<Port> {
  readonly port: string
  readonly method: string
  readonly kind: MethodKind
  /** The list that the method takes. If it takes none: its last argument alone. */
  readonly entries: readonly unknown[]
  /** The first argument if it is a text: the queue, for methods that take one. */
  readonly queue: string | undefined
  /** Makes the call on a port. If the method takes a list, these entries replace the call's own. */
  on(port: Port, entries?: readonly unknown[]): unknown
}

/** A port that passes every call to `handle` and returns its answer. */
export function portThrough<Port extends object>(
  { name, methods }: PortTable<Port>,
  handle: (call: Call<Port>) => unknown,
): Port {
  const through = (method: string, kind: MethodKind) => {
    return (...given: readonly unknown[]): unknown => {
      const list = given.findIndex(Array.isArray)
      return handle({
        port: name,
        method,
        kind,
        entries: list === -1 ? [given.at(-1)] : (given[list] as readonly unknown[]),
        queue: typeof given[0] === 'string' ? given[0] : undefined,
        on: (port, entries) => {
          const asked = entries === undefined || list === -1 ? given : given.with(list, entries)
          return methodOf(port, method)(...asked)
        },
      })
    }
  }
  return Object.fromEntries(
    Object.entries<MethodKind>(methods).map(([method, kind]) => [method, through(method, kind)]),
  ) as Port
}

/** A port that looks up the real port at every call. */
export function forwarding<Port extends object>({ methods }: PortTable<Port>, find: () => Port | Promise<Port>): Port {
  const forward =
    (method: string) =>
    (...given: readonly unknown[]): unknown => {
      const ask = (port: Port): unknown => methodOf(port, method)(...given)
      const port = find()
      return port instanceof Promise ? port.then(ask) : ask(port)
    }
  return Object.fromEntries(Object.keys(methods).map((method) => [method, forward(method)])) as Port
}

function methodOf(port: object, name: string): (...given: readonly unknown[]) => unknown {
  const method = (port as Readonly<Record<string, (...given: readonly unknown[]) => unknown>>)[name]
  if (method === undefined) throw new TypeError(`The port has no method '${name}'.`)
  return method.bind(port)
}

/** One entry of a method: an element of its list, or else its last argument. */
export type EntryOf<Method> = Method extends (...given: infer Given) => unknown ? ListEntry<Required<Given>> : never

type ListEntry<Given extends readonly unknown[]> = Given extends readonly [infer First, ...infer Rest]
  ? First extends readonly (infer Entry)[]
    ? Entry
    : Rest extends readonly []
      ? First
      : ListEntry<Rest>
  : never
