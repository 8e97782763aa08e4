import { maxProgressBytes, progressMs } from '../core/defaults.ts'
import { errorText } from '../core/error-data.ts'
import { byteLength, encode, toText } from '../core/json.ts'
import type { TaskRecord } from '../core/record.ts'
import { writeProgress } from '../core/transitions.ts'
import type { Clock, Telemetry } from '../ports/index.ts'
import type { CertainLedger } from '../protocol/certain-ledger.ts'

export interface ProgressDeps {
  readonly clock: Clock
  readonly telemetry: Telemetry
  readonly ledger: CertainLedger
  /** The record as the claim left it: progress is conditioned on its version and does not change it. */
  readonly record: TaskRecord
}

/** Progress of a running task. Written at most once a second; the last value is always written. Never fails the task. */
export class Progress {
  readonly #setting: ProgressDeps
  #unwritten: string | undefined
  #writing = false
  #ended = false
  #writtenAt = Number.NEGATIVE_INFINITY

  constructor(setting: ProgressDeps) {
    this.#setting = setting
  }

  report(value: unknown): void {
    if (this.#ended) return
    const { telemetry, record } = this.#setting
    try {
      const text = toText(encode(value))
      const bytes = byteLength(text)
      if (bytes > maxProgressBytes) throw new RangeError(`it is ${bytes} bytes, the limit is ${maxProgressBytes} bytes`)
      this.#unwritten = text
    } catch (error) {
      telemetry.log('warn', 'ctx.progress: the value cannot be stored; it is left out.', {
        task: record.task,
        id: record.id,
        error: errorText(error),
      })
      return
    }
    if (!this.#writing) this.#pump().catch(() => {})
  }

  /** Ends the writes when the run is over. Returns the last value if it is not written yet, so that the settlement carries it. */
  end(): string | undefined {
    this.#ended = true
    return this.#unwritten
  }

  async #pump(): Promise<void> {
    const { clock } = this.#setting
    this.#writing = true
    try {
      while (this.#unwritten !== undefined && !this.#ended) {
        const waitMs = this.#writtenAt + progressMs - clock.now()
        if (waitMs > 0) await new Promise<void>((resolve) => void clock.timer(waitMs, resolve, { background: true }))
        if (!this.#ended) await this.#write(this.#unwritten)
      }
    } finally {
      this.#writing = false
    }
  }

  async #write(progress: string): Promise<void> {
    const { clock, ledger, record } = this.#setting
    this.#writtenAt = clock.now()
    await ledger.change([writeProgress(record, progress)])
    // Set only now: if the run ends during this write, the settlement carries the value too.
    if (this.#unwritten === progress) this.#unwritten = undefined
  }
}
