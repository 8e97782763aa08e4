import { MAX_OPERATORS } from '../limits.ts'
import type { Operand, Parsed, UpdateAction } from './ast.ts'
import { OperandParser } from './parse-operand.ts'
import { Tokens } from './tokens.ts'

type Section = UpdateAction<string>['kind']
const SECTIONS: readonly Section[] = ['SET', 'REMOVE', 'ADD', 'DELETE']

export function parseUpdate(text: string): Parsed<readonly UpdateAction<string>[]> {
  const tokens = new Tokens(text, 'UpdateExpression')
  const parser = new UpdateParser(tokens)
  const tree = parser.actions()
  if (parser.operators > MAX_OPERATORS) {
    throw tokens.invalid(`The expression contains too many operators; operator count: ${parser.operators}`)
  }
  return { tree, reserved: parser.reserved }
}

class UpdateParser extends OperandParser {
  actions(): readonly UpdateAction<string>[] {
    const { tokens } = this
    const seen = new Set<Section>()
    const actions: UpdateAction<string>[] = []
    while (tokens.peek().kind !== 'end') {
      const section = SECTIONS.find((name) => tokens.isNext(name))
      if (section === undefined) throw tokens.unexpected()
      tokens.next()
      if (seen.has(section)) {
        throw tokens.invalid(`The "${section}" section can only be used once in an update expression;`)
      }
      seen.add(section)
      do {
        this.operators += 1
        actions.push(this.action(section))
      } while (tokens.take(','))
    }
    return actions
  }

  private action(kind: Section): UpdateAction<string> {
    const { tokens } = this
    const path = this.path()
    if (kind === 'REMOVE') return { kind, path }
    if (kind === 'SET') {
      tokens.expect('=')
      return { kind, path, value: this.sum() }
    }
    if (tokens.peek().kind !== 'value') throw tokens.unexpected()
    return { kind, path, value: { kind: 'value', value: tokens.next().text } }
  }

  private sum(): Operand<string> {
    const left = this.operand()
    for (const [symbol, sign] of [
      ['+', 1],
      ['-', -1],
    ] as const) {
      if (!this.tokens.take(symbol)) continue
      this.operators += 1
      return { kind: 'sum', sign, left, right: this.operand() }
    }
    return left
  }

  /** Parentheses may stand around an operand, or around a sum. */
  override operand(): Operand<string> {
    const { tokens } = this
    if (!tokens.isNext('(')) return super.operand()
    tokens.next()
    if (tokens.isNext('(')) {
      this.operand()
      tokens.expect(')')
      throw tokens.invalid('The expression has redundant parentheses;')
    }
    const inner = this.sum()
    tokens.expect(')')
    return inner
  }
}
