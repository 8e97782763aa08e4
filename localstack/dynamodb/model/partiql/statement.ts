import type { AttributeValue } from '../attribute-value.ts'
import type { Condition, Path, UpdateAction } from '../expressions/ast.ts'

/** A value as a statement writes it: parameters are numbered in the order in which they stand. */
export type Expression =
  | { readonly kind: 'parameter'; readonly index: number }
  | { readonly kind: 'literal'; readonly value: AttributeValue }
  | MapExpression
  | { readonly kind: 'list' | 'set'; readonly elements: readonly Expression[] }

export interface MapExpression {
  readonly kind: 'map'
  readonly entries: readonly (readonly [string, Expression])[]
  /** An object with these names. A copy of it takes less memory than an object that gets one name after the other. */
  readonly template: object
}

export interface Returning {
  readonly which: 'ALL' | 'MODIFIED'
  readonly when: 'OLD' | 'NEW'
}

export interface Insert {
  readonly kind: 'insert'
  readonly table: string
  readonly value: MapExpression
  readonly parameters: number
}

export interface Update {
  readonly kind: 'update'
  readonly table: string
  readonly actions: readonly UpdateAction<Expression>[]
  readonly where: Condition<Expression>
  readonly returning: Returning | undefined
  readonly parameters: number
}

export interface Delete {
  readonly kind: 'delete'
  readonly table: string
  readonly where: Condition<Expression>
  readonly returning: Returning | undefined
  readonly parameters: number
}

export interface Select {
  readonly kind: 'select'
  readonly table: string
  readonly index: string | undefined
  /** Undefined: all attributes. */
  readonly paths: readonly Path[] | undefined
  readonly where: Condition<Expression> | undefined
  readonly order: { readonly attribute: string; readonly descending: boolean } | undefined
  /** EXISTS(SELECT …): a condition of a transaction. */
  readonly isCheck: boolean
  readonly parameters: number
}

export type Statement = Insert | Update | Delete | Select
