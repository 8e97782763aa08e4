import { clockSkewMs, containerLeaseMs, suspectHandBacks } from '../core/defaults.ts'
import type { TaskRecord } from '../core/record.ts'
import { countHandBack } from '../core/transitions.ts'
import type { Delivery } from '../ports/index.ts'
import { sleep } from '../protocol/sleep.ts'
import { admit, type Gate, gate } from './admission.ts'
import type { Batch } from './batch.ts'
import { type Claim, claimWave } from './claim.ts'
import { follow } from './follow.ts'
import { endTask, perform, planLostClaims } from './plan-batch.ts'
import { runTask } from './run-task.ts'
import { type Candidate, isPast, type Plan } from './triage.ts'

/** After this many lost claims of one task the worker gives up, and the message comes back. */
const mostLooks = 3

/** A candidate that may start: claimed, or without a record to claim. */
interface Ready {
  readonly candidate: Candidate
  readonly record: TaskRecord | undefined
  readonly token: string
}

/** Runs the candidates of a plan: first those that share the process, in waves, then the suspects one by one. */
export async function runPlan(plan: Plan, batch: Batch): Promise<void> {
  const turns = new Turns(plan, batch)
  const stopHiding = batch.lease.keepHidden(() => turns.waiting)
  try {
    await turns.run()
  } finally {
    stopHiding()
  }
}

class Turns {
  readonly #batch: Batch
  /** May share the process. */
  readonly #together: Candidate[]
  /** Suspects, the most urgent first. */
  readonly #alone: Candidate[]
  readonly #gates: readonly Gate[]
  readonly #looks = new Map<string, number>()
  #hasStarted = false

  constructor(plan: Plan, batch: Batch) {
    this.#batch = batch
    this.#together = [...plan.together]
    this.#alone = [...plan.alone]
    this.#gates = this.#gatesOf(batch)
  }

  get waiting(): readonly Delivery[] {
    return [...this.#together, ...this.#alone].map(({ received }) => received.delivery)
  }

  async run(): Promise<void> {
    // Suspects that were handed back three times, because other tasks took all the time, go first.
    const urgent = this.#alone.filter(isUrgent)
    if (urgent.length > 0) this.#alone.sort((a, b) => Number(isUrgent(b)) - Number(isUrgent(a)))
    for (let left = urgent.length; left > 0; left--) await this.#runNextAlone()
    await this.#runTogether()
    // The others are settled by now, so a crash is known to be the suspect's own.
    while (this.#alone.length > 0) {
      await this.#runNextAlone()
      // After a lost claim, the new record may say that the task can share the process.
      await this.#runTogether()
    }
  }

  async #runTogether(): Promise<void> {
    if (this.#together.length === 0) return this.#batch.settler.drain()
    return this.#batch.lock.shared(() => this.#runWaves())
  }

  /** Runs up to `parallelism` tasks at a time. A wave is claimed just before it starts: nothing is claimed that does not start. */
  async #runWaves(): Promise<void> {
    const { queue, lock, settler } = this.#batch
    const running = new Set<Promise<void>>()
    while (this.#together.length > 0 || running.size > 0) {
      const free = queue.parallelism - running.size
      if (this.#together.length === 0 || free === 0) {
        await Promise.race(running)
        continue
      }
      const wave = await this.#admit(this.#together.splice(0, free))
      // Waiting tasks count too: one may start and crash the process before the running ones are settled.
      const alone = lock.hasOneBatch && running.size + wave.length + this.#together.length === 1
      const { claims, ready, askedAt } = await this.#claim(wave, alone)
      for (const { candidate, record, token } of ready) {
        const run = runTask(candidate, record, token, this.#batch).finally(() => running.delete(run))
        running.add(run)
      }
      // Done only after the others have started, because their leases are running.
      await this.#replan(claims, askedAt)
    }
    await settler.drain()
  }

  #runNextAlone(): Promise<void> {
    return this.#batch.lock.exclusive(async () => {
      const next = this.#alone.shift()
      if (next !== undefined) await this.#runAlone(next)
    })
  }

  async #runAlone(candidate: Candidate): Promise<void> {
    const { settler, lock, ports } = this.#batch
    const { claims, ready, askedAt } = await this.#claim(await this.#admit([candidate]), true)
    for (const { record, token } of ready) await runTask(candidate, record, token, this.#batch)
    await this.#replan(claims, askedAt)
    await settler.drain()
    // The lock is kept until the record can no longer say that this task runs alone here.
    if (settler.isSoloInDoubt && !lock.hasOneBatch) await sleep(ports.clock, containerLeaseMs + clockSkewMs)
  }

  /** Cheapest first. */
  #gatesOf({ draining, settler, lease, ports, pauses, queueName }: Batch): readonly Gate[] {
    return [
      gate(() => draining?.aborted !== true),
      gate(() => !settler.isSoloInDoubt),
      gate(({ task }) => lease.canStart(task.timeLimitMs, ports.clock.now(), !this.#hasStarted)),
      async (wave) => {
        if (wave.every(({ received }) => received.withoutLedger)) return []
        const waitMs = await pauses.waitMs(queueName)
        return wave.map(({ received }) => (waitMs === undefined || received.withoutLedger ? 'admit' : { waitMs }))
      },
    ]
  }

  /** Hands back candidates that may not start. No attempt is spent. */
  async #admit(wave: readonly Candidate[]): Promise<readonly Candidate[]> {
    const { admitted, handedBack } = await admit(wave, this.#gates)
    if (admitted.length > 0) this.#hasStarted = true
    if (handedBack.length === 0) return admitted
    const { ledger, ports } = this.#batch
    const suspects = handedBack.flatMap(({ candidate: { alone, record } }) => (alone && record ? [record] : []))
    await ledger.change(suspects.map(countHandBack))
    const now = ports.clock.now()
    await follow(
      handedBack.map(({ candidate: { received }, waitMs }) => ({
        received,
        record: undefined,
        effects: [{ kind: 'come-back', at: now + waitMs }],
        event: 'handed-back',
      })),
      this.#batch,
    )
    return admitted
  }

  /** Claims a wave. The caller must start the ready tasks at once. */
  async #claim(wave: readonly Candidate[], alone: boolean) {
    const { ledger, ports, queueName, lease, settler, claimant } = this.#batch
    const askedAt = ports.clock.now()
    const unrecorded = wave.filter(({ received }) => received.withoutLedger)
    const ready: Ready[] = unrecorded.map((candidate) => ({ candidate, record: undefined, token: '' }))
    const claims = await claimWave(
      wave.filter(({ received }) => !received.withoutLedger),
      {
        ledger,
        random: ports.random,
        queue: queueName,
        now: askedAt,
        leaseUntil: lease.until(askedAt),
        alone,
        claimant,
        // If a solo claim was written and no run follows, it would count as a crash when its lease ends.
        doubtUntil: alone ? lease.doubtUntil(askedAt) : undefined,
      },
    )
    for (const claim of claims) {
      if (claim.status === 'claimed' && this.#mayStart(claim)) ready.push(claim)
      if (claim.status === 'failed' && claim.maybeClaimed && alone) settler.doubtSolo()
    }
    return { claims, ready, askedAt }
  }

  /** What only the claim's answer can tell: it took too long, or the task was revoked or expired meanwhile. */
  #mayStart({ candidate, record, token }: Extract<Claim, { readonly status: 'claimed' }>): boolean {
    const { lease, ports } = this.#batch
    const { received, task } = candidate
    const now = ports.clock.now()
    const end = (kind: 'claimed-late' | 'revoked' | 'expired') =>
      endTask({ received, outcome: { kind } }, record, this.#batch, token)
    if (lease.isTooLate(task.timeLimitMs, record.leaseUntil ?? Number.POSITIVE_INFINITY, now)) end('claimed-late')
    else if (record.revokeRequestedAt !== undefined) end('revoked')
    else if (isPast(record.expires, now)) end('expired')
    else return true
    return false
  }

  /** Claims that did not succeed. A lost claim is judged again by the current record; after a failed one the message comes back. */
  async #replan(claims: readonly Claim[], askedAt: number): Promise<void> {
    const { ports, queueName } = this.#batch
    const lost: Extract<Claim, { readonly status: 'lost' }>[] = []
    for (const claim of claims) {
      const { id, task } = claim.candidate.received.message
      if (claim.status === 'failed') {
        ports.telemetry.log('error', 'A claim could not be made; the message will come again.', {
          queue: queueName,
          task,
          id,
          error: claim.error.message,
        })
      } else if (claim.status === 'lost') {
        const looks = (this.#looks.get(id) ?? 0) + 1
        this.#looks.set(id, looks)
        if (looks <= mostLooks) lost.push(claim)
      }
    }
    if (lost.length === 0) return
    const left = await perform(await planLostClaims(lost, askedAt, this.#batch), this.#batch)
    this.#together.push(...left.together)
    this.#alone.push(...left.alone)
  }
}

function isUrgent({ record }: Candidate): boolean {
  return (record?.handBacks ?? 0) >= suspectHandBacks
}
