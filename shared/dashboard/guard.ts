import { createHash, timingSafeEqual } from 'node:crypto'
import { ProblemError } from './problem.ts'

/** `viewer` may read, `operator` may also act. */
export type Role = 'viewer' | 'operator'

/** The user behind a request. */
export interface Visitor {
  /** For the audit: an e-mail address, a name. */
  readonly name: string
  readonly role: Role
}

/** Returns the visitor, or `undefined` to refuse. */
export type Authorize = (request: Request) => Visitor | undefined | Promise<Visitor | undefined>

/**
 * Refuses cross-site requests (CSRF). The dashboard uses no cookies; this is a second defence.
 *
 * @throws {ProblemError} 403, 415
 */
export function checkOrigin(request: Request): void {
  if (request.method === 'GET' || request.method === 'HEAD') return
  const { headers } = request
  const type = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json') {
    throw new ProblemError(
      415,
      'Not JSON',
      `content-type: expected application/json, received ${type ?? 'none'}.`,
      'Send the header content-type: application/json.',
    )
  }
  const origin = headers.get('origin')
  const site = headers.get('sec-fetch-site')
  const own = new URL(request.url).host
  const isForeign =
    (origin !== null && (!URL.canParse(origin) || new URL(origin).host !== own)) ||
    (site !== null && site !== 'same-origin' && site !== 'none')
  if (isForeign) {
    throw new ProblemError(
      403,
      'Foreign origin',
      `Expected a request of this page, received one of ${origin ?? `a ${site} page`}.`,
      'Open the dashboard at its own address.',
    )
  }
}

const wrongTriesASecond = 10

/**
 * The token gives full access. The comparison takes constant time. After 10 wrong tokens within a second the answer is 429.
 *
 * @param now epoch ms
 */
export function tokenGate(token: string, visitor: Visitor, now: () => number): Authorize {
  const expected = digest(`Bearer ${token}`)
  let wrong: number[] = []
  return (request) => {
    const at = now()
    wrong = wrong.filter((each) => each > at - 1_000)
    if (wrong.length >= wrongTriesASecond) {
      throw new ProblemError(
        429,
        'Too many tries',
        `More than ${wrongTriesASecond} wrong tokens within a second.`,
        'Wait a second.',
      )
    }
    const given = request.headers.get('authorization')
    if (given !== null && timingSafeEqual(digest(given), expected)) return visitor
    // A request without a token is not a guess.
    if (given !== null) wrong.push(at)
    return undefined
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/**
 * Prevents DNS rebinding: requests under a foreign host name do not reach the dashboard, not even its static files.
 *
 * @param port undefined: any
 */
export function isLoopbackHost(host: string | null | undefined, port?: number): boolean {
  const match = /^(127\.0\.0\.1|localhost|\[::1\])(?::(\d+))?$/i.exec(host ?? '')
  return match !== null && (port === undefined || Number(match[2] ?? 80) === port)
}

/** Headers of every response. Scripts and styles load from this origin only, and no text can become markup (Trusted Types). */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
}
