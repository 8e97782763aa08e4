import { type DynamoDbError, validation } from '../errors.ts'
import { MAX_EXPRESSION_BYTES } from '../limits.ts'
import { textBytes } from '../sizes.ts'

export interface Token {
  readonly kind: 'name' | 'alias' | 'value' | 'number' | 'symbol' | 'end'
  readonly text: string
  readonly start: number
  readonly end: number
}

const TOKEN = /\s*(?:([A-Za-z][A-Za-z0-9_]*)|(#[A-Za-z0-9_]+)|(:[A-Za-z0-9_]+)|(\d+)|(<=|>=|<>|[\s\S]))/y
const KINDS = ['name', 'alias', 'value', 'number', 'symbol'] as const

/** The tokens of one expression, and the errors that point at them. */
export class Tokens {
  private readonly list: Token[] = []
  private readonly text: string
  /** `ConditionExpression` and the like, for messages. */
  readonly what: string
  private at = 0

  constructor(text: string, what: string) {
    this.text = text
    this.what = what
    if (text.trim() === '') throw this.invalid('The expression can not be empty;')
    const bytes = textBytes(text)
    if (bytes > MAX_EXPRESSION_BYTES) {
      throw this.invalid(`Expression size has exceeded the maximum allowed size; expression size: ${bytes}`)
    }
    const end = text.trimEnd().length
    TOKEN.lastIndex = 0
    while (TOKEN.lastIndex < end) {
      const match = TOKEN.exec(text) as RegExpExecArray
      const group = match.findIndex((part, index) => index > 0 && part !== undefined)
      const part = match[group] as string
      const stop = TOKEN.lastIndex
      this.list.push({ kind: KINDS[group - 1] ?? 'symbol', text: part, start: stop - part.length, end: stop })
    }
    this.list.push({ kind: 'end', text: '<EOF>', start: text.length, end: text.length })
  }

  peek(ahead = 0): Token {
    return this.list[Math.min(this.at + ahead, this.list.length - 1)] as Token
  }

  next(): Token {
    const token = this.peek()
    this.at += 1
    return token
  }

  /** Takes the next token when it is this symbol or, without regard to case, this word. */
  take(text: string): boolean {
    if (!this.isNext(text)) return false
    this.at += 1
    return true
  }

  isNext(text: string, ahead = 0): boolean {
    const token = this.peek(ahead)
    if (token.kind === 'symbol') return token.text === text
    return token.kind === 'name' && token.text.toUpperCase() === text
  }

  expect(text: string): void {
    if (!this.take(text)) throw this.unexpected()
  }

  /** The next token does not belong there. */
  unexpected(): DynamoDbError {
    const token = this.peek()
    const before = this.list[this.at - 1] ?? token
    const after = token.kind === 'end' ? token : this.peek(1)
    const near = this.text.slice(before.start, after.end)
    return this.invalid(`Syntax error; token: "${token.text}", near: "${near}"`)
  }

  invalid(reason: string): DynamoDbError {
    return validation(`Invalid ${this.what}: ${reason}`)
  }
}
