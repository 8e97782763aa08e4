import { type DynamoDbError, validation } from '../errors.ts'

export interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'symbol' | 'end'
  /** Quotes taken off. */
  readonly text: string
}

const TOKEN =
  /\s*(?:([A-Za-z_][A-Za-z0-9_$]*)|"((?:[^"]|"")*)"|'((?:[^']|'')*)'|(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|(<<|>>|<=|>=|<>|!=|\S))/y
const KINDS = ['word', 'quoted', 'string', 'number', 'symbol'] as const

/** The tokens of one PartiQL statement. */
export class StatementTokens {
  private readonly list: Token[] = []
  private readonly text: string
  private at = 0

  constructor(text: string) {
    this.text = text
    const end = text.trimEnd().length
    TOKEN.lastIndex = 0
    while (TOKEN.lastIndex < end) {
      const match = TOKEN.exec(text)
      if (match === null) throw this.malformed()
      const group = match.findIndex((part, index) => index > 0 && part !== undefined)
      const kind = KINDS[group - 1] ?? 'symbol'
      const part = match[group] as string
      const unescaped =
        kind === 'quoted' ? part.replaceAll('""', '"') : kind === 'string' ? part.replaceAll("''", "'") : part
      this.list.push({ kind, text: unescaped })
    }
    if (this.list.at(-1)?.text === ';' && this.list.at(-1)?.kind === 'symbol') this.list.pop()
    this.list.push({ kind: 'end', text: '' })
  }

  peek(ahead = 0): Token {
    return this.list[Math.min(this.at + ahead, this.list.length - 1)] as Token
  }

  next(): Token {
    const token = this.peek()
    this.at += 1
    return token
  }

  /** A symbol, or a word without regard to case. Quoted names are neither. */
  isNext(text: string, ahead = 0): boolean {
    const token = this.peek(ahead)
    if (token.kind === 'symbol') return token.text === text
    return token.kind === 'word' && token.text.toUpperCase() === text
  }

  take(...texts: readonly string[]): boolean {
    if (!texts.every((text, ahead) => this.isNext(text, ahead))) return false
    this.at += texts.length
    return true
  }

  expect(...texts: readonly string[]): void {
    if (!this.take(...texts)) throw this.malformed()
  }

  name(): string {
    const token = this.next()
    if (token.kind !== 'word' && token.kind !== 'quoted') throw this.malformed()
    return token.text
  }

  end(): void {
    if (this.peek().kind !== 'end') throw this.malformed()
  }

  malformed(): DynamoDbError {
    return validation(`Statement wasn't well formed, can't be processed: ${this.text}`)
  }
}
