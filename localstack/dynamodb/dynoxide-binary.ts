import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/**
 * The path of the DynamoDB engine's binary for this machine: package `@dynoxide/<platform>-<arch>`, an optional dependency.
 *
 * @throws {Error} when there is none, saying what to do
 */
export function dynoxideBinary(platform: string = process.platform, arch: string = process.arch): string {
  const name = `@dynoxide/${platform}-${arch}`
  const file = platform === 'win32' ? 'dynoxide.exe' : 'dynoxide'
  try {
    return require.resolve(`${name}/${file}`)
  } catch (cause) {
    throw new Error(
      `Local DynamoDB: expected the optional package '${name}' with the engine's binary, and it is not installed. ` +
        `Try 'npm i --include=optional' or 'npm i -D ${name}'. Where npm has no such package, start another engine and pass its address instead, ` +
        "for instance AWS's own DynamoDB Local (needs Java 17): java -jar DynamoDBLocal.jar -inMemory -port 8000, then 'http://127.0.0.1:8000'.",
      { cause },
    )
  }
}
