import type { Parsed, Path } from './ast.ts'
import { OperandParser } from './parse-operand.ts'
import { Tokens } from './tokens.ts'

export function parseProjection(text: string): Parsed<readonly Path[]> {
  const tokens = new Tokens(text, 'ProjectionExpression')
  const parser = new OperandParser(tokens)
  const tree = [parser.path()]
  while (tokens.take(',')) tree.push(parser.path())
  if (tokens.peek().kind !== 'end') throw tokens.unexpected()
  return { tree, reserved: parser.reserved }
}
