/** An error as Lambda reports it: the fields of its JSON. */
export interface FunctionError {
  /** `Error`, `Runtime.ExitError`, `Sandbox.Timedout`, `Function.ResponseSizeTooLarge`, … */
  readonly errorType: string
  readonly errorMessage: string
  readonly trace?: readonly string[]
}

/** How an invocation ended. */
export type InvokeResult =
  | {
      readonly status: 'returned'
      /** JSON text; `null` for nothing. */
      readonly payload: string
    }
  | { readonly status: 'failed'; readonly error: FunctionError }

/** An environment that could not start: its module threw, ended the process, or took too long. */
export class InitError extends Error {
  readonly error: FunctionError
  readonly timedOut: boolean

  constructor(error: FunctionError, timedOut = false) {
    super(`${error.errorType}: ${error.errorMessage}`)
    this.name = 'InitError'
    this.error = error
    this.timedOut = timedOut
  }
}

export function failed(errorType: string, errorMessage: string): InvokeResult {
  return { status: 'failed', error: { errorType, errorMessage } }
}

/** Reads an error that a runtime posted. Any input gives a usable error. */
export function functionError(body: string, header: string | undefined): FunctionError {
  let said: { errorType?: unknown; errorMessage?: unknown; trace?: unknown; stackTrace?: unknown } = {}
  try {
    const parsed: unknown = JSON.parse(body)
    if (typeof parsed === 'object' && parsed !== null) said = parsed
  } catch {
    said = { errorMessage: body }
  }
  const trace = Array.isArray(said.trace) ? said.trace : said.stackTrace
  return {
    errorType: typeof said.errorType === 'string' ? said.errorType : (header ?? 'Unhandled'),
    errorMessage: typeof said.errorMessage === 'string' ? said.errorMessage : '',
    ...(Array.isArray(trace) && { trace: trace.map(String) }),
  }
}
