// Imports a worker's bundle once, as Lambda would at a cold start, and reports on descriptor 3 how that went.
// Plain JavaScript without imports of ours: it is started by path, from sources and from the package alike.
import { writeSync } from 'node:fs'
import Module, { register } from 'node:module'
import { isAbsolute, sep } from 'node:path'
import { pathToFileURL } from 'node:url'

const { file, root, handler, elsewhere } = JSON.parse(process.argv[2] ?? '{}')

/** Packages that are not in the bundle and yet there at AWS. */
const allowed = new RegExp(elsewhere)
const inRoot = (path) => path.startsWith(root + sep)

/** Variables that were asked for and are not set. */
const asked = new Set()
process.env = new Proxy(process.env, {
  get(variables, name) {
    if (typeof name === 'string' && variables[name] === undefined) asked.add(name)
    return variables[name]
  },
  set(variables, name, value) {
    variables[name] = value
    return true
  },
})

let reported = false
function report(result) {
  if (reported) return
  reported = true
  writeSync(3, JSON.stringify({ ...result, asked: [...asked] }))
}

function fail(error) {
  const { name = 'Error', message = String(error), code, path, stack = '' } = error instanceof Object ? error : {}
  const causes = []
  for (let cause = error?.cause; cause instanceof Object && causes.length < 5; cause = cause.cause)
    causes.push(cause.code)
  report({ error: { name, message, code: code ?? causes.find(Boolean), path, stack } })
  process.exit(1)
}

process.on('uncaughtException', fail)
process.on('unhandledRejection', fail)
let nothingToWaitFor = false
process.on('beforeExit', () => {
  nothingToWaitFor = true
})
process.on('exit', (code) => report({ exit: code, nothingToWaitFor }))

// Packages around the folder of the bundle are not there at AWS.
const missing = (kind, name, code) => Object.assign(new Error(`Cannot find ${kind} '${name}'`), { code })
const resolveFilename = Module._resolveFilename
Module._resolveFilename = function (request, parent, ...rest) {
  const path = resolveFilename.call(this, request, parent, ...rest)
  const outside = isAbsolute(path) && !inRoot(path) && inRoot(parent?.filename ?? '')
  if (outside && !allowed.test(request)) throw missing('module', request, 'MODULE_NOT_FOUND')
  return path
}
const hooks = `
  let root, allowed
  export function initialize(data) {
    root = data.root
    allowed = new RegExp(data.elsewhere)
  }
  export async function resolve(specifier, context, next) {
    const found = await next(specifier, context)
    const outside = found.url.startsWith('file:') && !found.url.startsWith(root) && context.parentURL?.startsWith(root)
    if (outside && !allowed.test(specifier))
      throw Object.assign(new Error("Cannot find package '" + specifier + "'"), { code: 'ERR_MODULE_NOT_FOUND' })
    return found
  }`
register(`data:text/javascript,${encodeURIComponent(hooks)}`, {
  parentURL: import.meta.url,
  data: { root: pathToFileURL(root + sep).href, elsewhere },
})

const loaded = await import(pathToFileURL(file).href).catch(fail)
const found = loaded[handler] ?? loaded.default?.[handler]
report({ exports: Object.keys(loaded), handler: typeof found })
// What the modules have opened would keep it alive.
process.exit(0)
