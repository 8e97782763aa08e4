import type { DeadLetterReason } from './dead-letter-reason.ts'
import { errorLimits } from './defaults.ts'
import { cut } from './error-data.ts'
import type { ErrorData, RecordFields } from './record.ts'

/** What the failure index shows of an error. */
export function failureFields(
  data: ErrorData,
  reason: DeadLetterReason | undefined,
  fingerprint: (data: ErrorData, reason?: string) => string,
): Partial<RecordFields> {
  return {
    fingerprint: fingerprint(data, reason),
    errorName: cut(data.name, errorLimits.indexedName),
    errorText: cut(data.message, errorLimits.indexedText),
  }
}
