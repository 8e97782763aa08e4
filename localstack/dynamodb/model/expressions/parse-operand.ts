import type { Operand, Path, PathElement } from './ast.ts'
import { isReserved } from './reserved-words.ts'
import type { Tokens } from './tokens.ts'

/** Reads paths and operands, and remembers the first reserved word among their names. */
export class OperandParser {
  reserved: string | undefined
  operators = 0
  readonly tokens: Tokens

  constructor(tokens: Tokens) {
    this.tokens = tokens
  }

  path(): Path {
    const { tokens } = this
    const path: PathElement[] = [this.name()]
    for (;;) {
      if (tokens.take('.')) path.push(this.name())
      else if (tokens.take('[')) {
        if (tokens.peek().kind !== 'number') throw tokens.unexpected()
        path.push(Number(tokens.next().text))
        tokens.expect(']')
      } else return path
    }
  }

  /** A path, a value, a function of operands, or one of these in parentheses. */
  operand(): Operand<string> {
    const { tokens } = this
    const token = tokens.peek()
    if (token.kind === 'value') {
      tokens.next()
      return { kind: 'value', value: token.text }
    }
    if (token.kind === 'name' && tokens.isNext('(', 1)) return this.call()
    if (token.kind === 'name' || token.kind === 'alias') return { kind: 'path', path: this.path() }
    throw tokens.unexpected()
  }

  private call(): Operand<string> {
    const { tokens } = this
    const name = tokens.next().text
    this.operators += 1
    tokens.expect('(')
    const operands = [this.operand()]
    while (tokens.take(',')) operands.push(this.operand())
    tokens.expect(')')
    return { kind: 'call', name, operands }
  }

  private name(): string {
    const { tokens } = this
    const token = tokens.peek()
    if (token.kind !== 'name' && token.kind !== 'alias') throw tokens.unexpected()
    if (token.kind === 'name' && isReserved(token.text)) this.reserved ??= token.text
    return tokens.next().text
  }
}
