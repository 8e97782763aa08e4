import { isInstance, setBrands } from './brand.ts'

/**
 * Base of all errors that Celeriac makes. `code` is stable: programs compare it, people read the message. `instanceof` also recognises the errors
 * of another copy of the package.
 */
export class CeleriacError extends Error {
  static readonly brand: string = 'CeleriacError'
  readonly code: string
  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options)
    // A bundler may shorten the names of classes.
    this.name = Object.hasOwn(new.target, 'brand') ? new.target.brand : new.target.name
    this.code = code
    setBrands(this, new.target)
  }
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: subclasses inherit this, and ask for themselves
    return isInstance(this, value)
  }
}
