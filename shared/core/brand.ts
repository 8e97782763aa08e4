/**
 * Recognises class instances from another copy of the package: a task may bundle its own copy, or a worker image may hold two versions.
 * Each instance carries the brands of its classes under a symbol that all copies share.
 */
const brandsKey = Symbol.for('celeriac.brands')

/** A class with a name that minifiers leave alone. */
export interface Branded {
  readonly brand: string
}

/** Gives a new instance the brands of its classes. Not enumerable: it is no field of the error. */
export function setBrands(instance: object, made: unknown): void {
  const brands: string[] = []
  for (let each = made; typeof each === 'function'; each = Object.getPrototypeOf(each))
    if (Object.hasOwn(each, 'brand')) brands.push((each as unknown as Branded).brand)
  Object.defineProperty(instance, brandsKey, { value: brands, configurable: true })
}

/** The answer to `value instanceof asked`, across copies. A user's subclass has no brand of its own: only its own instances are its. */
export function isInstance(asked: unknown, value: unknown): boolean {
  if (typeof asked !== 'function' || typeof value !== 'object' || value === null) return false
  if (Function.prototype[Symbol.hasInstance].call(asked, value)) return true
  if (!Object.hasOwn(asked, 'brand')) return false
  const brands: unknown = (value as { readonly [brandsKey]?: unknown })[brandsKey]
  return Array.isArray(brands) && brands.includes((asked as unknown as Branded).brand)
}
