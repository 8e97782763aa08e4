import type { Row } from './row.ts'
import type { Table } from './table.ts'

/** A transaction that has a client request token, as it is remembered. */
export interface TokenRecord {
  readonly token: string
  /** What was asked for. */
  readonly request: string
  readonly at: number
}

/** One thing that happened to the model. A log keeps them in order. */
export type Change =
  | { readonly kind: 'table'; readonly table: Table }
  | { readonly kind: 'drop'; readonly name: string }
  | { readonly kind: 'put' | 'remove'; readonly table: Table; readonly row: Row }
  | { readonly kind: 'token'; readonly record: TokenRecord }
