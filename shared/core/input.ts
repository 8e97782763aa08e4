import type { StandardSchemaV1 } from '@standard-schema/spec'
import { InputError, type InputIssue } from './errors.ts'
import { createScrubber, redacted } from './redact.ts'

/**
 * Validates with any Standard Schema (https://standardschema.dev). Without a schema the value passes unchanged. Validators may quote refused values,
 * so messages about a sensitive field, and texts that repeat its value, are blanked.
 *
 * @returns the schema's output: transforms and defaults applied
 * @throws {InputError} listing each problem and its path. Errors thrown by the validator itself pass through: they are no verdict on the input
 */
export async function validateInput(
  task: string,
  schema: StandardSchemaV1 | undefined,
  value: unknown,
  sensitive: readonly string[] = [],
): Promise<unknown> {
  if (schema === undefined) return value
  const result = await schema['~standard'].validate(value)
  if (result.issues === undefined) return result.value
  throw new InputError(task, issuesOf(result.issues, value, sensitive))
}

function issuesOf(
  issues: readonly StandardSchemaV1.Issue[],
  value: unknown,
  sensitive: readonly string[],
): InputIssue[] {
  const scrub = createScrubber(sensitive)
  scrub.learn(value)
  return issues.map((issue) => {
    const parts = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part))
    // In a list of inputs, the field comes after the index.
    const at = parts.findIndex((part) => sensitive.includes(part))
    // Below the field's name, keys may be data.
    return at >= 0
      ? { message: redacted, path: parts.slice(0, at + 1).join('.') }
      : { message: scrub(issue.message), path: scrub(parts.join('.')) }
  })
}
