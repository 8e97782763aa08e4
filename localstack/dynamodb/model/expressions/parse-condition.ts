import { MAX_IN_OPERANDS, MAX_OPERATORS } from '../limits.ts'
import type { Comparator, Condition, Operand, Parsed } from './ast.ts'
import { OperandParser } from './parse-operand.ts'
import { Tokens } from './tokens.ts'

const COMPARATORS: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>='])

/**
 * Parses a condition, filter or key condition.
 *
 * @param what the parameter it came in, such as `FilterExpression`
 */
export function parseCondition(text: string, what: string): Parsed<Condition<string>> {
  const tokens = new Tokens(text, what)
  const parser = new ConditionParser(tokens)
  const tree = parser.or()
  if (tokens.peek().kind !== 'end') throw tokens.unexpected()
  const { operators, reserved } = parser
  if (operators > MAX_OPERATORS) {
    throw tokens.invalid(`The expression contains too many operators; operator count: ${operators}`)
  }
  return { tree, reserved }
}

class ConditionParser extends OperandParser {
  or(): Condition<string> {
    let left = this.and()
    while (this.operator('OR')) left = { kind: 'or', left, right: this.and() }
    return left
  }

  private and(): Condition<string> {
    let left = this.not()
    while (this.operator('AND')) left = { kind: 'and', left, right: this.not() }
    return left
  }

  private not(): Condition<string> {
    return this.isWord('NOT') && this.operator('NOT') ? { kind: 'not', condition: this.not() } : this.simple()
  }

  private simple(): Condition<string> {
    const { tokens } = this
    if (tokens.take('(')) {
      const inParentheses = tokens.isNext('(')
      const condition = this.or()
      const closedTwice = inParentheses && this.closedAt === this.position()
      tokens.expect(')')
      if (closedTwice) throw tokens.invalid('The expression has redundant parentheses;')
      this.closedAt = this.position()
      return condition
    }
    const left = this.operand()
    const token = tokens.peek()
    if (token.kind === 'symbol' && COMPARATORS.has(token.text)) {
      tokens.next()
      this.operators += 1
      return { kind: 'compare', op: token.text as Comparator, left, right: this.operand() }
    }
    if (this.operator('BETWEEN')) {
      const low = this.operand()
      tokens.expect('AND')
      return { kind: 'between', operand: left, low, high: this.operand() }
    }
    if (this.operator('IN')) return { kind: 'in', operand: left, list: this.list() }
    if (left.kind !== 'call') throw tokens.unexpected()
    return { kind: 'test', name: left.name, operands: left.operands }
  }

  /** Where the last closing parenthesis stood. */
  private closedAt = -1

  private position(): number {
    return this.tokens.peek().start
  }

  private list(): readonly Operand<string>[] {
    const { tokens } = this
    tokens.expect('(')
    const list = [this.operand()]
    while (tokens.take(',')) list.push(this.operand())
    tokens.expect(')')
    if (list.length > MAX_IN_OPERANDS) {
      throw tokens.invalid(`The IN operator is provided with too many operands; number of operands: ${list.length}`)
    }
    return list
  }

  private operator(word: string): boolean {
    if (!this.tokens.take(word)) return false
    this.operators += 1
    return true
  }

  /** The word as an operator, not as the name of an attribute or function. */
  private isWord(word: string): boolean {
    return this.tokens.isNext(word)
  }
}
