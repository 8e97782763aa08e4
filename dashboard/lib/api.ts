import { signal } from '@preact/signals'

/** What the server says went wrong. */
export interface Problem {
  readonly title: string
  readonly detail: string
  readonly status: number
  readonly remedy?: string
  readonly issues?: readonly { readonly path: string; readonly message: string }[]
}

export class ApiError extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.detail)
    this.problem = problem
  }
}

/** Path where the dashboard is mounted, with a slash at its end. */
export const base = document.querySelector<HTMLMetaElement>('meta[name=celeriac-base]')?.content ?? '/'

const keyName = 'celeriac-key'

/** Takes the key out of the address, so that no screenshot and no bookmark holds it. */
export function takeKey(): void {
  const key = /^#k=([\w-]+)$/.exec(location.hash)?.[1]
  if (key === undefined) return
  localStorage.setItem(keyName, key)
  history.replaceState(null, '', location.pathname + location.search)
}

/** The server does not know us (any more). */
export const isSignedOut = signal(false)

interface Answer<Value> {
  readonly value?: Value
  readonly etag: string | null
  /** The same as before. */
  readonly unchanged: boolean
}

export async function load<Value>(path: string, etag: string | null, abort: AbortSignal): Promise<Answer<Value>> {
  const response = await request(path, { signal: abort, headers: etag === null ? {} : { 'if-none-match': etag } })
  if (response.status === 304) return { etag, unchanged: true }
  return { value: (await response.json()) as Value, etag: response.headers.get('etag'), unchanged: false }
}

/** Does something. @throws {ApiError} */
export async function act<Value>(path: string, body: object = {}): Promise<Value> {
  const headers = { 'content-type': 'application/json' }
  const response = await request(path, { method: 'POST', headers, body: JSON.stringify(body) })
  return (await response.json()) as Value
}

async function request(path: string, init: RequestInit & { headers: Record<string, string> }): Promise<Response> {
  const key = localStorage.getItem(keyName)
  const headers = { ...init.headers, ...(key !== null && { authorization: `Bearer ${key}` }) }
  const response = await fetch(`${base}api/v1${path}`, { ...init, headers }).catch((error: unknown) => {
    if (init.signal?.aborted) throw error
    throw new ApiError({
      title: 'No answer',
      status: 0,
      detail: `The dashboard's server at ${location.host} does not answer.`,
      remedy: 'Start it again: celeriac dashboard.',
    })
  })
  isSignedOut.value = response.status === 401
  if (response.ok || response.status === 304) return response
  const problem: unknown = await response.json().catch(() => undefined)
  const isProblem = typeof problem === 'object' && problem !== null && 'detail' in problem
  throw new ApiError(
    isProblem
      ? (problem as Problem)
      : { title: 'Error', status: response.status, detail: `The server answered ${response.status}.` },
  )
}
