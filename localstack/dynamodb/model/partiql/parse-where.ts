import type { Comparator, Condition, Operand } from '../expressions/ast.ts'
import { ValueParser } from './parse-value.ts'
import type { Expression } from './statement.ts'

const COMPARATORS: Readonly<Record<string, Comparator>> = {
  '=': '=',
  '<>': '<>',
  '!=': '<>',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
}

type Where = Condition<Expression>

/** Reads conditions, in the form that expressions have. */
export class WhereParser extends ValueParser {
  where(): Where {
    let left = this.and()
    while (this.tokens.take('OR')) left = { kind: 'or', left, right: this.and() }
    return left
  }

  private and(): Where {
    let left = this.not()
    while (this.tokens.take('AND')) left = { kind: 'and', left, right: this.not() }
    return left
  }

  private not(): Where {
    return this.tokens.take('NOT') ? { kind: 'not', condition: this.not() } : this.simple()
  }

  private simple(): Where {
    const { tokens } = this
    if (tokens.take('(')) {
      const inner = this.where()
      tokens.expect(')')
      return inner
    }
    const left = this.operand()
    const { kind, text } = tokens.peek()
    const op = kind === 'symbol' && Object.hasOwn(COMPARATORS, text) ? COMPARATORS[text] : undefined
    if (op !== undefined) {
      tokens.next()
      return { kind: 'compare', op, left, right: this.operand() }
    }
    if (tokens.take('BETWEEN')) {
      const low = this.operand()
      tokens.expect('AND')
      return { kind: 'between', operand: left, low, high: this.operand() }
    }
    if (tokens.take('IN')) return { kind: 'in', operand: left, list: this.inList() }
    if (tokens.take('IS')) return this.is(left)
    if (left.kind !== 'call') throw tokens.malformed()
    return { kind: 'test', name: left.name, operands: left.operands }
  }

  private inList(): readonly Operand<Expression>[] {
    const { tokens } = this
    const end = tokens.take('[') ? ']' : ')'
    if (end === ')') tokens.expect('(')
    const list = [this.operand()]
    while (tokens.take(',')) list.push(this.operand())
    tokens.expect(end)
    return list
  }

  private is(operand: Operand<Expression>): Where {
    const { tokens } = this
    const negated = tokens.take('NOT')
    if (tokens.take('MISSING')) {
      return { kind: 'test', name: negated ? 'attribute_exists' : 'attribute_not_exists', operands: [operand] }
    }
    tokens.expect('NULL')
    const right: Operand<Expression> = { kind: 'value', value: { kind: 'literal', value: { NULL: true } } }
    const isNull: Where = { kind: 'compare', op: '=', left: operand, right }
    return negated ? { kind: 'not', condition: isNull } : isNull
  }
}
