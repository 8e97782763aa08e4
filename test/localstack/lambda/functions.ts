import { fileURLToPath } from 'node:url'
import { type FunctionOptions, LambdaFunction, type LogLine } from '../../../localstack/lambda/index.ts'
import { type ProcessGuard, startProcessGuard } from '../../../localstack/process/process-guard.ts'

export const fixtures = fileURLToPath(new URL('./fixtures/', import.meta.url))
export const arn = 'arn:aws:lambda:us-east-1:000000000000:function:shop-emails'

/** Functions on the fixtures, stopped together. */
export class Functions {
  readonly logs: LogLine[] = []
  readonly #made: LambdaFunction[] = []
  readonly #guard: ProcessGuard = startProcessGuard()

  make(options: Partial<FunctionOptions> = {}): LambdaFunction {
    const made = new LambdaFunction({
      name: 'shop-emails',
      arn,
      region: 'us-east-1',
      timeoutMs: 5_000,
      memoryMb: 256,
      code: { root: `${fixtures}modes`, handler: 'index.handler' },
      variables: { OWN: 'variable' },
      guard: this.#guard,
      onLog: (line) => this.logs.push(line),
      ...options,
    })
    this.#made.push(made)
    return made
  }

  async stop(): Promise<void> {
    await Promise.all(this.#made.splice(0).map((each) => each.stop()))
    await this.#guard.close()
  }
}
