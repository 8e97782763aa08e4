import { type Context, tableAt, tableNameIn } from './context.ts'
import { validation } from './errors.ts'
import { attributesIn, conditionOf } from './expressions/index.ts'
import { flag, type Input, refuseLegacy, text } from './input.ts'
import { keyRangeOf } from './key-conditions.ts'
import { keyAttributes } from './keys.ts'
import { afterOf, collect, indexIn, type PageOutput, readPage } from './pages.ts'
import { placeholdersIn } from './single-writes.ts'
import { isBeyond } from './sorted-list.ts'

export function query(context: Context, input: Input): PageOutput {
  const name = tableNameIn(input)
  refuseLegacy(input)
  const placeholders = placeholdersIn(input)
  const page = readPage(input, placeholders)
  const what = 'KeyConditionExpression'
  const condition = conditionOf(text(input, what), placeholders, what)
  placeholders.checkAllUsed()
  if (condition === undefined) {
    throw validation('Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.')
  }
  const table = tableAt(context, name)
  const index = indexIn(input, table, page)
  const keys = index?.keys ?? table.keys
  const { partition, range } = keyRangeOf(keys, condition)
  if (page.filter !== undefined) {
    const names = attributesIn(page.filter)
    const key = keyAttributes(keys).find((each) => names.has(each.name))
    if (key !== undefined) {
      throw validation(
        `Filter Expression can only contain non-primary key attributes: Primary key attribute: ${key.name}`,
      )
    }
  }
  const forward = flag(input, 'ScanIndexForward') ?? true
  const after = afterOf(table, index, page.startKey)
  if (after !== undefined) {
    const outside =
      after.partition !== partition ||
      (range.from !== undefined && isBeyond(after.sort, range.from, false)) ||
      (range.to !== undefined && isBeyond(after.sort, range.to, true))
    if (outside) {
      throw validation(
        after.partition === partition
          ? 'The provided starting key does not match the range key predicate'
          : 'The provided starting key is outside query boundaries based on provided conditions',
      )
    }
  }
  return collect(table, index, (index ?? table).rows.query(partition, range, forward, after), page)
}
