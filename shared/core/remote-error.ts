import { isInstance, setBrands } from './brand.ts'

/** What a RemoteError is made of. */
export interface RemoteErrorData {
  readonly name: string
  readonly message: string
  readonly stack?: string
  readonly code?: string
  /** Its own fields, `status: 400`. */
  readonly fields?: Readonly<Record<string, unknown>>
}

/**
 * An error that was thrown elsewhere, as it was recorded: its name, message, code, stack and own fields (`error.status`), cut to fit; its class is gone.
 */
export class RemoteError extends Error {
  static readonly brand: string = 'RemoteError'
  readonly code?: string
  /** Those of an AggregateError, the first few. */
  readonly errors?: readonly RemoteError[]
  constructor(data: RemoteErrorData, options: { cause?: unknown; errors?: readonly RemoteError[] } = {}) {
    const { errors, ...causes } = options
    super(data.message, causes)
    setBrands(this, new.target)
    for (const [field, value] of Object.entries(data.fields ?? {}))
      Object.defineProperty(this, field, { value, enumerable: true, configurable: true, writable: true })
    this.name = data.name
    if (data.code !== undefined) this.code = data.code
    if (data.stack !== undefined) this.stack = data.stack
    if (errors !== undefined) this.errors = errors
  }
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: subclasses inherit this, and ask for themselves
    return isInstance(this, value)
  }
}
