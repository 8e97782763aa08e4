import type { TokenRecord } from './changes.ts'
import type { DynamoDbClock } from './clock.ts'
import { TOKEN_MS } from './limits.ts'

/** The client request tokens of the last ten minutes. */
export class RequestTokens {
  private readonly records = new Map<string, TokenRecord>()
  private readonly clock: DynamoDbClock

  constructor(clock: DynamoDbClock) {
    this.clock = clock
  }

  find(token: string): TokenRecord | undefined {
    this.forget()
    return this.records.get(token)
  }

  add(record: TokenRecord): void {
    this.records.delete(record.token)
    this.records.set(record.token, record)
  }

  all(): Iterable<TokenRecord> {
    this.forget()
    return [...this.records.values()]
  }

  /** They are kept in the order in which they came. */
  private forget(): void {
    const oldest = this.clock.now() - TOKEN_MS
    for (const [token, { at }] of this.records) {
      if (at > oldest) return
      this.records.delete(token)
    }
  }
}
