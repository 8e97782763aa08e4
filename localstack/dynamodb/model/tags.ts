import { type Context, tableOfArn } from './context.ts'
import { validation } from './errors.ts'
import { type Input, missing, structures, text, texts } from './input.ts'
import { MAX_TAGS } from './limits.ts'
import type { Tag } from './table-types.ts'

export function tagsIn(input: Input): Tag[] {
  return (structures(input, 'Tags') ?? []).map((each, index) => {
    const Key = text(each, 'Key')
    const Value = text(each, 'Value')
    if (Key === undefined) throw missing(`tags.${index + 1}.member.key`)
    if (Value === undefined) throw missing(`tags.${index + 1}.member.value`)
    return { Key, Value }
  })
}

export function tagResource(context: Context, input: Input): undefined {
  const table = tableOfArn(context, text(input, 'ResourceArn'), 'resourceArn')
  const tags = new Map(table.record.tags.map(({ Key, Value }) => [Key, Value]))
  for (const { Key, Value } of tagsIn(input)) tags.set(Key, Value)
  if (tags.size > MAX_TAGS) throw validation(`Too Many Tags: a table has at most ${MAX_TAGS}`)
  table.change({ ...table.record, tags: [...tags].map(([Key, Value]) => ({ Key, Value })) })
  context.emit([{ kind: 'table', table }])
}

export function untagResource(context: Context, input: Input): undefined {
  const table = tableOfArn(context, text(input, 'ResourceArn'), 'resourceArn')
  const keys = texts(input, 'TagKeys')
  if (keys === undefined) throw missing('tagKeys')
  table.change({ ...table.record, tags: table.record.tags.filter(({ Key }) => !keys.includes(Key)) })
  context.emit([{ kind: 'table', table }])
}

export function listTagsOfResource(context: Context, input: Input): { Tags: Tag[] } {
  return { Tags: tableOfArn(context, text(input, 'ResourceArn'), 'resourceArn').record.tags }
}
