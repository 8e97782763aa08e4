import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What infra/load-bundle.mjs reports. */
export interface LoadReport {
  readonly error?: LoadError
  /** The process ended before the bundle was loaded. */
  readonly exit?: number
  /** It ended because nothing kept its event loop alive. */
  readonly nothingToWaitFor?: boolean
  readonly exports?: readonly string[]
  /** `typeof` of the handler. */
  readonly handler?: string
  /** Variables that the modules asked for and that are not set here. */
  readonly asked: readonly string[]
}

export interface LoadError {
  readonly name: string
  readonly message: string
  /** Its own, or that of a cause. */
  readonly code?: string | undefined
  /** Of the file, when a file was not found. */
  readonly path?: string | undefined
  readonly stack: string
}

export interface LoadPlace {
  readonly handler: string
  /** The folder of the bundle. */
  readonly root: string
  /** Paths in messages begin here. */
  readonly folder: string
  /** Packages that are not in the bundle and yet there at AWS. */
  readonly elsewhere: RegExp
  /** Variables that the function has, with values that only AWS knows. */
  readonly unknown: readonly string[]
  /** This machine's Node is older than Lambda's: it may lack syntax and names. */
  readonly olderNode: boolean
  /** There are addons for another processor or system than this machine's: they cannot be tried. */
  readonly foreignAddons: boolean
}

/** `fails`: it would fail at AWS as well. `unclear`: something is missing here that may be there at AWS. */
export interface LoadVerdict {
  readonly kind: 'loads' | 'fails' | 'unclear'
  readonly why: string
}

const loads: LoadVerdict = { kind: 'loads', why: '' }

/** Decides whether a bundle that could not be loaded here could not be loaded at AWS either. */
export function loadVerdict(report: LoadReport, place: LoadPlace): LoadVerdict {
  const { error, exit, asked } = report
  if (error !== undefined) return verdictOf(error, asked, place)
  if (exit !== undefined) {
    const why = report.nothingToWaitFor ? 'a top-level await never ends' : `it ends the process with ${exit}`
    return missingHere(asked, place) === '' ? { kind: 'fails', why } : unclear(why, asked, place)
  }
  if (report.handler === 'function') return loads
  const others = report.exports?.filter((name) => name !== 'default').join(', ') || 'nothing'
  return {
    kind: 'fails',
    why: `it exports ${others}, expected a function '${place.handler}': export const ${place.handler} = createWorker(app)`,
  }
}

const networkCodes = /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH)$/

function verdictOf(error: LoadError, asked: readonly string[], place: LoadPlace): LoadVerdict {
  const { name, message, code, path } = error
  const why = `${name}: ${firstLine(message)}${placeOf(error.stack, place)}`
  const fails = (hint = ''): LoadVerdict => ({ kind: 'fails', why: `${why}${hint}` })
  const absent = /Cannot find (?:package|module) '([^']+)'/.exec(message)?.[1]
  if (absent !== undefined) {
    if (place.elsewhere.test(absent)) return loads
    return fails(
      `. '${absent}' is not in the bundle: do not name it in bundling.externalModules, or name it in bundling.nodeModules, or bring it in a layer`,
    )
  }
  if (code === 'ENOENT' && path?.startsWith(place.root))
    return fails(
      `. The file is not in the bundle: import it with a loader ('copy', 'text', 'binary'), or copy it with bundling.commandHooks.afterBundling`,
    )
  if (place.foreignAddons && !/^(Reference|Syntax)Error$/.test(name)) return loads
  const doubtful =
    (place.olderNode && isOfNewerNode(error)) || networkCodes.test(code ?? '') || missingHere(asked, place) !== ''
  return doubtful && !isCertain(error) ? unclear(why, asked, place) : fails()
}

/** Nothing that a variable or another Node could mend. */
function isCertain({ name, message }: LoadError): boolean {
  if (name === 'ReferenceError') return /^(require|module|exports|__dirname|__filename) is not defined/.test(message)
  if (name === 'SyntaxError') return /has already been declared/.test(message)
  return /^Dynamic require of /.test(message)
}

/** Globals of Node 22 and 24. */
const newGlobals =
  /^(WebSocket|Iterator|navigator|CloseEvent|Float16Array|URLPattern|SuppressedError|DisposableStack|AsyncDisposableStack|EventSource|Storage|localStorage|sessionStorage) is not defined/

function isOfNewerNode({ name, message, code }: LoadError): boolean {
  if (code === 'ERR_UNKNOWN_BUILTIN_MODULE') return true
  if (name === 'SyntaxError') return !/does not provide an export/.test(message) || /'node:/.test(message)
  if (name === 'ReferenceError') return newGlobals.test(message)
  return name === 'TypeError' && / is not (a function|a constructor|iterable)/.test(message)
}

function unclear(why: string, asked: readonly string[], place: LoadPlace): LoadVerdict {
  const missing = missingHere(asked, place)
  return { kind: 'unclear', why: missing === '' ? why : `${why}. Not set here: ${missing}` }
}

/** Names that many packages look at, and do without. */
const common = /^(NODE_|WATCH_REPORT_DEPENDENCIES$|AWS_|npm_|_X_AMZN|DEBUG|NO_COLOR$|FORCE_COLOR$|TERM$|CI$)/

function missingHere(asked: readonly string[], { unknown }: LoadPlace): string {
  return [...asked.filter((name) => !common.test(name)), ...unknown].join(', ')
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').slice(0, 500)
}

/** The first line of the stack that is a file of the project or of its packages. */
function placeOf(stack: string, { folder }: LoadPlace): string {
  for (const line of stack.split('\n')) {
    const [, location = '', row, column] =
      /^\s+at .*?((?:file:\/\/)?\/[^()]*?|[A-Za-z]:\\[^()]*?):(\d+):(\d+)\)?$/.exec(line) ?? []
    if (location === '' || location.endsWith('load-bundle.mjs')) continue
    const path = location.startsWith('file://') ? fileURLToPath(location) : location
    return `, in ${relative(folder, path)}:${row}:${column}`
  }
  return ''
}
