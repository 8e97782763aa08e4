import { type Context, tableAt, tableNameIn } from './context.ts'
import { validation } from './errors.ts'
import { hashOf, SEGMENT_SPACE } from './hash.ts'
import { constraint, type Input, integer, refuseLegacy } from './input.ts'
import { afterOf, collect, indexIn, type PageOutput, readPage } from './pages.ts'
import { placeholdersIn } from './single-writes.ts'

export function scan(context: Context, input: Input): PageOutput {
  const name = tableNameIn(input)
  refuseLegacy(input)
  const { segment, segments } = segmentIn(input)
  const placeholders = placeholdersIn(input)
  const page = readPage(input, placeholders)
  placeholders.checkAllUsed()
  const table = tableAt(context, name)
  const index = indexIn(input, table, page)
  const after = afterOf(table, index, page.startKey)
  if (after !== undefined && Math.floor((hashOf(after.partition) * segments) / SEGMENT_SPACE) !== segment) {
    throw validation(
      `The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. TotalSegments: ${segments} Segment: ${segment}`,
    )
  }
  return collect(table, index, (index ?? table).rows.scan(segment, segments, after), page)
}

function segmentIn(input: Input): { segment: number; segments: number } {
  const segment = integer(input, 'Segment')
  const segments = integer(input, 'TotalSegments')
  if (segment === undefined && segments === undefined) return { segment: 0, segments: 1 }
  if (segments === undefined) {
    throw validation(
      'The TotalSegments parameter is required but was not present in the request when Segment parameter is present',
    )
  }
  if (segment === undefined) {
    throw validation(
      'The Segment parameter is required but was not present in the request when parameter TotalSegments is present',
    )
  }
  if (segments < 1) throw constraint(segments, 'totalSegments', 'Member must have value greater than or equal to 1')
  if (segments > 1_000_000) {
    throw constraint(segments, 'totalSegments', 'Member must have value less than or equal to 1000000')
  }
  if (segment < 0) throw constraint(segment, 'segment', 'Member must have value greater than or equal to 0')
  if (segment >= segments) {
    throw validation(
      `The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: ${segment} is not less than TotalSegments: ${segments}`,
    )
  }
  return { segment, segments }
}
