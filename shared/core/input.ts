import type { StandardSchemaV1 } from '@standard-schema/spec'
import { InputError } from './errors.ts'

/**
 * Validates with any Standard Schema (https://standardschema.dev). Without a schema the value passes as it is.
 *
 * @returns the schema's output: transforms and defaults applied
 * @throws {InputError} listing what is wrong and where, never the values
 */
export async function validateInput(
  task: string,
  schema: StandardSchemaV1 | undefined,
  value: unknown,
): Promise<unknown> {
  if (schema === undefined) return value
  const result = await schema['~standard'].validate(value)
  if (result.issues === undefined) return result.value
  throw new InputError(
    task,
    result.issues.map((issue) => ({ message: issue.message, path: pathOf(issue) })),
  )
}

function pathOf(issue: StandardSchemaV1.Issue): string {
  return (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
}
