import { type AttributeValue, typeOf } from '../attribute-value.ts'
import { validation } from '../errors.ts'
import type { Operand } from './ast.ts'
import { pathText } from './ast.ts'

interface FunctionRule {
  readonly operands: number
  /** Where it may stand: as a condition, as an operand of one, or in SET. */
  readonly place: 'condition' | 'operand' | 'update'
  /** The first operand must be a path. */
  readonly needsPath?: boolean
  /** Types that a value may have at each operand. */
  readonly types?: readonly (string | undefined)[]
}

const FUNCTIONS: Readonly<Record<string, FunctionRule>> = {
  attribute_exists: { operands: 1, place: 'condition', needsPath: true },
  attribute_not_exists: { operands: 1, place: 'condition', needsPath: true },
  attribute_type: { operands: 2, place: 'condition', needsPath: true, types: [undefined, 'S'] },
  begins_with: { operands: 2, place: 'condition', types: ['S B', 'S B'] },
  contains: { operands: 2, place: 'condition', types: ['S B SS NS BS L'] },
  size: { operands: 1, place: 'operand', types: ['S B SS NS BS L M'] },
  if_not_exists: { operands: 2, place: 'update', needsPath: true },
  list_append: { operands: 2, place: 'update', types: ['L', 'L'] },
}

const TYPES: ReadonlySet<string> = new Set(['S', 'N', 'B', 'BOOL', 'NULL', 'SS', 'NS', 'BS', 'L', 'M'])

/**
 * Checks one use of a function.
 *
 * @param place where it stands
 * @throws DynamoDbError when there is no such function, not there, or not with these operands
 */
export function checkFunction(
  name: string,
  operands: readonly Operand<AttributeValue>[],
  place: FunctionRule['place'],
  prefix: string,
): void {
  const invalid = (reason: string) => validation(prefix + reason)
  const rule = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined
  if (rule === undefined) throw invalid(`Invalid function name; function: ${name}`)
  if ((rule.place === 'update') !== (place === 'update')) {
    const where = place === 'update' ? 'an update' : 'a condition'
    throw invalid(`The function is not allowed in ${where} expression; function: ${name}`)
  }
  if (rule.place !== place) {
    throw invalid(`The function is not allowed to be used this way in an expression; function: ${name}`)
  }
  if (operands.length !== rule.operands) {
    throw invalid(
      `Incorrect number of operands for operator or function; operator or function: ${name}, number of operands: ${operands.length}`,
    )
  }
  const [first, second] = operands
  if (rule.needsPath && first?.kind !== 'path') {
    throw invalid(`Operator or function requires a document path; operator or function: ${name}`)
  }
  for (const [index, operand] of operands.entries()) {
    const type = typeIfKnown(operand)
    const allowed = rule.types?.[index]
    if (type !== undefined && allowed !== undefined && !allowed.split(' ').includes(type)) {
      throw invalid(
        `Incorrect operand type for operator or function; operator or function: ${name}, operand type: ${type}`,
      )
    }
  }
  if (name === 'attribute_type') checkTypeName(second, invalid)
  if (name === 'begins_with' || name === 'contains') {
    if (first?.kind === 'path' && second?.kind === 'path' && pathText(first.path) === pathText(second.path)) {
      throw invalid(
        `The first operand must be distinct from the remaining operands for this operator or function; operator: ${name}, first operand: ${pathText(first.path)}`,
      )
    }
  }
}

function checkTypeName(operand: Operand<AttributeValue> | undefined, invalid: (reason: string) => Error): void {
  if (operand?.kind !== 'value') {
    throw invalid(
      'Incorrect operand type for operator or function; operator or function: attribute_type, operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}',
    )
  }
  const type = operand.value.S ?? ''
  if (!TYPES.has(type)) {
    throw invalid(`Invalid attribute type name found; type: ${type}, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}`)
  }
}

function typeIfKnown(operand: Operand<AttributeValue>): string | undefined {
  if (operand.kind === 'value') return typeOf(operand.value)
  return operand.kind === 'call' && operand.name === 'size' ? 'N' : undefined
}
