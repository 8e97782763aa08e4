import { validation } from '../errors.ts'
import type { Path, UpdateAction } from '../expressions/ast.ts'
import { pathText } from '../expressions/ast.ts'
import { checkPaths } from '../expressions/paths.ts'
import { Recent } from '../expressions/recent.ts'
import { WhereParser } from './parse-where.ts'
import type { Expression, Returning, Select, Statement } from './statement.ts'
import { StatementTokens } from './tokens.ts'

const parsed = new Recent<Statement>(2_000)

/** @throws DynamoDbError for what is no statement, or one that DynamoDB does not know */
export function parseStatement(text: string): Statement {
  return parsed.get(text, () => {
    const parser = new StatementParser(new StatementTokens(text))
    const statement = parser.statement()
    parser.tokens.end()
    return statement
  })
}

class StatementParser extends WhereParser {
  statement(): Statement {
    const { tokens } = this
    if (tokens.take('INSERT', 'INTO')) return this.insert()
    if (tokens.take('UPDATE')) return this.update()
    if (tokens.take('DELETE', 'FROM')) return this.delete()
    if (tokens.take('SELECT')) return this.select(false)
    if (tokens.take('EXISTS', '(', 'SELECT')) {
      const select = this.select(true)
      tokens.expect(')')
      return select
    }
    throw tokens.malformed()
  }

  private insert(): Statement {
    const { tokens } = this
    const table = tokens.name()
    tokens.expect('VALUE')
    const value = this.value()
    if (value.kind !== 'map') throw tokens.malformed()
    return { kind: 'insert', table, value, parameters: this.parameters }
  }

  private update(): Statement {
    const { tokens } = this
    const table = tokens.name()
    const actions: UpdateAction<Expression>[] = []
    for (;;) {
      if (tokens.take('SET')) {
        do actions.push(this.assignment())
        while (tokens.take(','))
      } else if (tokens.take('REMOVE')) actions.push({ kind: 'REMOVE', path: this.path() })
      else break
    }
    if (actions.length === 0) throw tokens.malformed()
    checkPaths(
      actions.map(({ path }) => path),
      'UpdateExpression',
    )
    tokens.expect('WHERE')
    const where = this.where()
    return { kind: 'update', table, actions, where, returning: this.returning(), parameters: this.parameters }
  }

  private assignment(): UpdateAction<Expression> {
    const { tokens } = this
    const path = this.path()
    tokens.expect('=')
    const left = this.operand()
    if (left.kind === 'call' && (left.name === 'set_add' || left.name === 'set_delete')) {
      const [target, value] = left.operands
      if (left.operands.length !== 2 || target?.kind !== 'path' || value === undefined) throw tokens.malformed()
      if (pathText(target.path) !== pathText(path)) {
        throw validation(`${left.name} must be assigned to the attribute that is its first operand`)
      }
      return { kind: left.name === 'set_add' ? 'ADD' : 'DELETE', path, value }
    }
    const sign = tokens.take('+') ? 1 : tokens.take('-') ? -1 : undefined
    if (sign === undefined) return { kind: 'SET', path, value: left }
    return { kind: 'SET', path, value: { kind: 'sum', sign, left, right: this.operand() } }
  }

  private delete(): Statement {
    const { tokens } = this
    const table = tokens.name()
    tokens.expect('WHERE')
    const where = this.where()
    return { kind: 'delete', table, where, returning: this.returning(), parameters: this.parameters }
  }

  private returning(): Returning | undefined {
    const { tokens } = this
    if (!tokens.take('RETURNING')) return undefined
    const which = tokens.take('ALL') ? 'ALL' : tokens.take('MODIFIED') ? 'MODIFIED' : undefined
    const when = tokens.take('OLD') ? 'OLD' : tokens.take('NEW') ? 'NEW' : undefined
    if (which === undefined || when === undefined) throw tokens.malformed()
    tokens.expect('*')
    return { which, when }
  }

  private select(isCheck: boolean): Select {
    const { tokens } = this
    let paths: Path[] | undefined
    if (!tokens.take('*')) {
      paths = [this.path()]
      while (tokens.take(',')) paths.push(this.path())
      if (tokens.isNext('AS')) throw validation('Aliasing is not supported')
    }
    tokens.expect('FROM')
    const table = tokens.name()
    const index = tokens.take('.') ? tokens.name() : undefined
    const where = tokens.take('WHERE') ? this.where() : undefined
    let order: Select['order']
    if (tokens.take('ORDER', 'BY')) {
      const attribute = tokens.name()
      const descending = tokens.take('DESC')
      if (!descending) tokens.take('ASC')
      order = { attribute, descending }
    }
    return { kind: 'select', table, index, paths, where, order, isCheck, parameters: this.parameters }
  }
}
