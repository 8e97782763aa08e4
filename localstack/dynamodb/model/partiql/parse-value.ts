import { blankItem } from '../compact-item.ts'
import { validation } from '../errors.ts'
import type { Operand, Path, PathElement } from '../expressions/ast.ts'
import { normalNumber } from '../numbers.ts'
import type { Expression, MapExpression } from './statement.ts'
import type { StatementTokens } from './tokens.ts'

/** Words that end an operand, or join two. */
const KEYWORDS: ReadonlySet<string> = new Set([
  'AND',
  'OR',
  'NOT',
  'WHERE',
  'SET',
  'REMOVE',
  'RETURNING',
  'ORDER',
  'FROM',
])

/** Reads values and paths. */
export class ValueParser {
  parameters = 0
  readonly tokens: StatementTokens

  constructor(tokens: StatementTokens) {
    this.tokens = tokens
  }

  path(): Path {
    const { tokens } = this
    const path: PathElement[] = [tokens.name()]
    for (;;) {
      if (tokens.take('.')) path.push(tokens.name())
      else if (tokens.take('[')) {
        const { kind, text } = tokens.next()
        if (kind === 'number' && /^\d+$/.test(text)) path.push(Number(text))
        else if (kind === 'string') path.push(text)
        else throw tokens.malformed()
        tokens.expect(']')
      } else return path
    }
  }

  operand(): Operand<Expression> {
    const { tokens } = this
    const { kind, text } = tokens.peek()
    const isName = kind === 'quoted' || (kind === 'word' && !/^(?:true|false|null)$/i.test(text))
    if (!isName) return { kind: 'value', value: this.value() }
    if (kind === 'word' && tokens.isNext('(', 1)) return this.call()
    if (kind === 'word' && KEYWORDS.has(text.toUpperCase())) throw tokens.malformed()
    return { kind: 'path', path: this.path() }
  }

  private call(): Operand<Expression> {
    const { tokens } = this
    const name = tokens.name().toLowerCase()
    tokens.expect('(')
    const operands = [this.operand()]
    while (tokens.take(',')) operands.push(this.operand())
    tokens.expect(')')
    return { kind: 'call', name, operands }
  }

  value(): Expression {
    const { tokens } = this
    if (tokens.take('{')) return this.map()
    if (tokens.take('[')) return { kind: 'list', elements: this.elements(']') }
    if (tokens.take('<<')) return { kind: 'set', elements: this.elements('>>') }
    if (tokens.take('?')) return { kind: 'parameter', index: this.parameters++ }
    if (tokens.take('NULL')) return { kind: 'literal', value: { NULL: true } }
    if (tokens.take('TRUE')) return { kind: 'literal', value: { BOOL: true } }
    if (tokens.take('FALSE')) return { kind: 'literal', value: { BOOL: false } }
    const sign = tokens.take('-') ? '-' : ''
    const { kind, text } = tokens.next()
    if (kind === 'number') return { kind: 'literal', value: { N: normalNumber(sign + text) } }
    if (kind === 'string' && sign === '') return { kind: 'literal', value: { S: text } }
    throw tokens.malformed()
  }

  private map(): MapExpression {
    const { tokens } = this
    const entries: (readonly [string, Expression])[] = []
    if (tokens.take('}')) return { kind: 'map', entries, template: {} }
    const names = new Set<string>()
    do {
      const { kind, text } = tokens.next()
      if (kind !== 'string' && kind !== 'quoted') throw tokens.malformed()
      tokens.expect(':')
      if (text === '') throw validation('Empty attribute name')
      if (names.has(text)) throw validation(`Duplicate attribute name in the item: ${text}`)
      names.add(text)
      entries.push([text, this.value()])
    } while (tokens.take(','))
    tokens.expect('}')
    const template = blankItem([...names])
    return { kind: 'map', entries, template }
  }

  private elements(end: string): readonly Expression[] {
    const { tokens } = this
    const elements: Expression[] = []
    if (tokens.take(end)) return elements
    do elements.push(this.value())
    while (tokens.take(','))
    tokens.expect(end)
    return elements
  }
}
