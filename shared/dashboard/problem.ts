import { CeleriacError, InputError } from '../core/errors.ts'

/** A problem as defined by RFC 9457 (https://www.rfc-editor.org/rfc/rfc9457), with advice. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  /** Expected and received. */
  readonly detail: string
  /** What to do. */
  readonly remedy?: string
  /** The schema's issues, if it refused the input. */
  readonly issues?: readonly { readonly path: string; readonly message: string }[]
}

/** Ends a request with a problem. */
export class ProblemError extends Error {
  readonly problem: Problem
  constructor(status: number, title: string, detail: string, remedy?: string) {
    super(detail)
    this.problem = {
      type: `celeriac:${title.toLowerCase().replaceAll(' ', '-')}`,
      title,
      status,
      detail,
      ...(remedy && { remedy }),
    }
  }
}

const statuses: Readonly<Record<string, number>> = {
  definition: 400,
  input: 422,
  'input-too-large': 413,
  'task-not-found': 404,
  'task-open': 409,
  'task-succeeded': 409,
  'task-changed': 409,
  'task-unknown': 409,
  'input-gone': 410,
  'unknown-queue': 502,
  'table-access': 502,
  'ledger-unavailable': 503,
}

const remedies: Readonly<Record<string, string>> = {
  'task-not-found': 'Check the id. Records are deleted some time after their task has ended.',
  'unknown-queue': 'Deploy the stack, or start `celeriac dev`, and check CELERIAC_PREFIX and the region.',
  'table-access':
    'Check the region, the credentials and CELERIAC_TABLE. A viewer needs dynamodb:GetItem, BatchGetItem and Query.',
  'ledger-unavailable': 'Try again in a moment.',
  'task-changed': 'Load the task again.',
  input: 'Change the fields named and try again.',
}

/** Converts a thrown value to a problem. Details of unexpected errors go to the log only. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem
  if (error instanceof CeleriacError) {
    const status = statuses[error.code] ?? 500
    const remedy = remedies[error.code]
    return {
      type: `celeriac:${error.code}`,
      title: error.code.replaceAll('-', ' '),
      status,
      detail: error.message,
      ...(remedy !== undefined && { remedy }),
      ...(error instanceof InputError && { issues: error.issues.map(({ path, message }) => ({ path, message })) }),
    }
  }
  return {
    type: 'celeriac:unexpected',
    title: 'Unexpected error',
    status: 500,
    detail: error instanceof Error ? `${error.name}: ${error.message}` : 'Something was thrown that is no error.',
    remedy: 'The log of the dashboard has the stack.',
  }
}
