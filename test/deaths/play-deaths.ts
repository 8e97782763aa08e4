import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { localKeys, localRegion } from '../../localstack/account.ts'
import { SqsWire } from '../../localstack/event-source/index.ts'
import { startGuarded } from '../../localstack/process/guarded-process.ts'
import type { TaskRecord } from '../../shared/core/record.ts'
import type { Closing } from '../../shared/local/closing.ts'
import { environmentOf, factsOf, type LocalPlan, planOf } from '../../shared/local/plan.ts'
import { prepareQueue, prepareTable, variablesOf } from '../../shared/local/services.ts'
import { seededRandom } from '../../shared/memory/seeded-random.ts'
import { grouped, readAccepted, readLines } from './effects.ts'
import { Servers } from './servers.ts'
import { app, folderVariable } from './tasks.ts'
import { WorkerKills } from './worker-kills.ts'

/** Where worker processes find everything, and what is heard of them. */
export interface Scene {
  readonly folder: string
  readonly closing: Closing
  readonly plan: LocalPlan
  readonly wire: SqsWire
  readonly queueBaseUrl: string
  readonly variables: Readonly<Record<string, string>>
  succeeded(id: string): void
  /** Something that went wrong on the way; told at the end, with how often. */
  problem(text: string): void
}

/** Processes that run the tasks, and are replaced when they end. */
export interface WorkerProcesses {
  readonly pids: readonly number[]
  /** Begins nothing more; resolves when what was received is done. */
  drain(): Promise<void>
}

export interface Deaths {
  readonly folder: string
  readonly closing: Closing
  /** Tasks. */
  readonly count: number
  readonly seed: string
  readonly killEveryMs: number
  startWorkers(scene: Scene): Promise<WorkerProcesses>
}

const second = 1_000
/** Once nearly every task has been started: what was interrupted comes again after some 36 s, and the first of it meets more deaths. */
const nearly = 0.95
const moreDeathsMs = 30 * second
/** Two rounds of visibility, and a lease. */
const patienceMs = 180 * second

/** Workers, servers and the producer are killed again and again; in the end all that happened must be explained. */
export async function playDeaths({ folder, closing, count, seed, killEveryMs, startWorkers }: Deaths): Promise<void> {
  const random = seededRandom(seed)
  const began = Date.now()
  const say = (text: string): void =>
    console.log(`${((Date.now() - began) / second).toFixed(0).padStart(4)} s  ${text}`)

  // What startLocal() starts with a data folder, with every server in a process of its own.
  const servers = new Servers(folder)
  closing.add(() => servers.stop())
  const endpoints = await servers.start()
  const plan = planOf(factsOf(app.definition))
  const wire = new SqsWire(endpoints.sqs)
  closing.add(() => wire.close())
  const queueBaseUrl = `${endpoints.sqs}/000000000000`
  await prepareTable(endpoints.dynamodb, localRegion, plan.table)
  for (const queue of plan.queues) await prepareQueue(wire, localRegion, queue)
  const variables = variablesOf(plan, { endpoints, region: localRegion, queueBaseUrl })
  const environment = environmentOf(plan, queueBaseUrl)
  app.connect({ endpoint: endpoints, region: localRegion, credentials: localKeys, environment })
  closing.add(() => app.close())
  const { records: table, queues } = app.ports()

  const lines = join(folder, 'lines')
  mkdirSync(lines)
  const succeeded = new Map<string, number>()
  const problems = new Map<string, number>()
  const workers = await startWorkers({
    folder,
    closing,
    plan,
    wire,
    queueBaseUrl,
    variables: { ...variables, [folderVariable]: lines },
    succeeded: (id) => bump(succeeded, id),
    problem: (text) => bump(problems, text.replaceAll(/[0-9a-f-]{36}|\d+/g, 'n')),
  })

  const read = async (ids: readonly string[]): Promise<readonly (TaskRecord | undefined)[]> => {
    if (ids.length === 0) return []
    for (let tried = 1; ; tried++) {
      try {
        return await table.read(ids, { consistent: true })
      } catch (error) {
        // DynamoDB may be starting again this very moment.
        if (tried === 50) throw error
        await pause(100)
      }
    }
  }
  const kills = new WorkerKills({ workers, lines, read })
  closing.add(() => kills.stop())

  // The producer, killed in the middle and run again with the same keys.
  const accepted = join(folder, 'accepted')
  const acceptedSoFar = (): number => (existsSync(accepted) ? readAccepted(accepted).size : 0)
  const produce = () => {
    Object.assign(process.env, variables, { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' })
    const producer = fileURLToPath(new URL('./producer.ts', import.meta.url))
    return startGuarded(process.execPath, ['--import', 'tsx', producer, String(count), accepted])
  }
  const producing = (async () => {
    const first = await produce()
    closing.add(() => first.stop())
    first.stderr.on('data', (text) => console.error(String(text)))
    while (acceptedSoFar() < count / 2 && !first.hasExited()) await pause(100)
    process.kill(first.pid, 'SIGKILL')
    await first.exited
    say(`the producer was killed after ${acceptedSoFar()} of ${count}; it is run again with the same keys`)
    const again = await produce()
    closing.add(() => again.stop())
    again.stderr.on('data', (text) => console.error(String(text)))
    expect(await again.exited).toBe(0)
    say(`all ${acceptedSoFar()} are accepted`)
  })()

  // Deaths.
  let deathsUntil = Number.POSITIVE_INFINITY
  const serverDeaths = { sqs: 0, dynamodb: 0 }
  const killServers = async (which: 'sqs' | 'dynamodb', everyMs: number): Promise<void> => {
    for (;;) {
      await pause(everyMs * (0.5 + random.fraction()))
      if (Date.now() >= deathsUntil) return
      await (which === 'sqs' ? servers.killSqs() : servers.killDynamoDb())
      serverDeaths[which]++
    }
  }
  const killWorkers = async (): Promise<void> => {
    for (; Date.now() < deathsUntil; await pause(killEveryMs)) await kills.killOne(random)
  }
  const deaths = [killWorkers(), killServers('sqs', 11 * second), killServers('dynamodb', 9 * second)]

  // Until all have ended.
  const ids = (): readonly string[] => [...readAccepted(accepted).values()]
  let giveUpAt = Number.POSITIVE_INFINITY
  const watching = (async () => {
    await producing
    const all = ids()
    for (;;) {
      const started = new Set(readLines(lines).map(({ id }) => id)).size
      say(
        `${started} started, ${succeeded.size} seen to succeed; killed: ${kills.killed.length} workers, ${serverDeaths.sqs} × SQS, ${serverDeaths.dynamodb} × DynamoDB`,
      )
      if (started >= count * nearly && deathsUntil === Number.POSITIVE_INFINITY) {
        deathsUntil = Date.now() + moreDeathsMs
        giveUpAt = deathsUntil + patienceMs
        say(`nearly every task has been started; deaths go on for ${moreDeathsMs / second} s`)
      }
      const unseen = all.filter((id) => !succeeded.has(id))
      if (Date.now() >= deathsUntil && unseen.length <= count / 5) {
        const states = (await read(unseen)).map((record) => record?.state ?? 'no record')
        const open = states.filter((state) => state !== 'SUCCESS')
        if (open.length === 0) return
        if (Date.now() > giveUpAt) throw new Error(`${open.length} did not end: ${[...new Set(open)].join(', ')}`)
      }
      await pause(3 * second)
    }
  })()
  await Promise.all([watching, ...deaths])
  await workers.drain()
  await kills.stop()

  // What happened against what was recorded outside.
  const all = ids()
  expect(new Set(all).size).toBe(count)
  const records = (await read(all)).flatMap((record) => (record === undefined ? [] : [record]))
  const written = readLines(lines)
  const effects = grouped(
    written.filter(({ what }) => what === 'effect'),
    ({ id }) => id,
  )
  const starts = grouped(
    written.filter(({ what }) => what === 'start'),
    ({ id }) => id,
  )
  const doubled = written.filter(({ what }) => what === 'effect').length - effects.size
  say(
    `${effects.size} tasks had effects, ${doubled} effects more than once, ${kills.interrupted.size} interrupted between effect and settlement in ${kills.killed.length} kills`,
  )
  for (const [text, times] of problems) say(`  ${times} × ${text}`)

  expect(countBy(records, ({ state }) => state)).toEqual({ SUCCESS: count })
  expect([...succeeded.values()].filter((times) => times > 1)).toEqual([])
  const killed = new Set(kills.killed.map(({ pid }) => pid))
  const unexplained: string[] = []
  let lostClaims = 0
  for (const { id, result, attempt } of records) {
    const runs = (effects.get(id) ?? []).map(({ run }) => run)
    // The one result is that of one run with an effect; every other effect is that of a run that was killed before it could settle.
    const others = runs.filter((run) => JSON.stringify(run) !== result)
    if (runs.length - others.length !== 1) unexplained.push(`${id}: its result ${result} is of none of ${runs}`)
    for (const run of others) if (!kills.interrupted.has(run)) unexplained.push(`${id}: nothing killed ${run}`)
    // Attempts: where nothing died exactly the one run, or two. A claim that is alone in its batch counts at once: a death before its run's first line leaves one more.
    const itsStarts = starts.get(id) ?? []
    const undisturbed = itsStarts.every(({ pid }) => !killed.has(pid))
    lostClaims += Math.max(0, attempt - itsStarts.length)
    if (attempt > itsStarts.length + 1 || (undisturbed && attempt < itsStarts.length))
      unexplained.push(`${id}: ${attempt} attempts are counted of ${itsStarts.length} runs`)
  }
  say(`  ${lostClaims} claims were lost before their runs began`)
  expect(unexplained).toEqual([])
  expect(lostClaims).toBeLessThanOrEqual(kills.killed.length)
  expect(doubled).toBe(kills.interrupted.size)
  expect(kills.endedOtherwise).toEqual([])
  const depth = await queues.depth('work')
  expect(depth).toMatchObject({ dead: 0 })
}

function countBy<Value>(values: readonly Value[], keyOf: (value: Value) => string): Record<string, number> {
  return Object.fromEntries([...grouped(values, keyOf)].map(([key, group]) => [key, group.length]))
}

function bump(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
