import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type LocalDynamoDb, startDynamoDb } from '../../localstack/dynamodb/dynoxide.ts'
import { type GuardedProcess, startGuarded } from '../../localstack/process/guarded-process.ts'

const cli = fileURLToPath(new URL('../../cli/main.ts', import.meta.url))

/** SQS and DynamoDB, each a process of its own that can be killed and comes back on its data and port. */
export class Servers {
  readonly #folder: string
  #sqs: { readonly process: GuardedProcess; readonly port: number } | undefined
  #dynamodb: LocalDynamoDb | undefined

  constructor(folder: string) {
    this.#folder = folder
  }

  async start(): Promise<{ readonly sqs: string; readonly dynamodb: string }> {
    const [sqs, dynamodb] = await Promise.all([this.#startSqs(0), startDynamoDb({ dataDir: this.#folder })])
    this.#sqs = sqs
    this.#dynamodb = dynamodb
    return { sqs: `http://127.0.0.1:${sqs.port}`, dynamodb: dynamodb.endpoint }
  }

  /** SIGKILL, and again on the same data and port. */
  async killSqs(): Promise<void> {
    if (this.#sqs === undefined) return
    const { process: server, port } = this.#sqs
    process.kill(server.pid, 'SIGKILL')
    await server.exited
    this.#sqs = await this.#startSqs(port)
  }

  async killDynamoDb(): Promise<void> {
    if (this.#dynamodb === undefined) return
    const { pid, port } = this.#dynamodb
    process.kill(pid, 'SIGKILL')
    // Resolves when it has ended.
    await this.#dynamodb.stop()
    this.#dynamodb = await startDynamoDb({ dataDir: this.#folder, port })
  }

  async stop(): Promise<void> {
    await Promise.all([this.#sqs?.process.stop(), this.#dynamodb?.stop()])
  }

  async #startSqs(port: number): Promise<{ readonly process: GuardedProcess; readonly port: number }> {
    const flags = ['sqs', '--data-dir', join(this.#folder, 'sqs'), '--port', String(port), '--json']
    const server = await startGuarded(process.execPath, ['--import', 'tsx', cli, ...flags])
    let problems = ''
    server.stderr.on('data', (chunk) => {
      problems += String(chunk)
    })
    const told = new Promise<string>((resolve) => server.stdout.once('data', (chunk) => resolve(String(chunk))))
    const first = await Promise.race([told, server.exited])
    if (typeof first !== 'string') throw new Error(`The SQS server did not start: ${problems}`)
    return { process: server, port: (JSON.parse(first) as { port: number }).port }
  }
}
