import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Closing } from '../../shared/local/closing.ts'
import { type Action, actions, type Lane } from './actions.ts'
import { type Connection, openConnection, RefusedError } from './connection.ts'
import { median, ratioText, whole } from './numbers.ts'
import {
  installedEngines,
  runningServer,
  type Server,
  serverOnDefaultPort,
  startCeleriac,
  startFauxqs,
} from './servers.ts'
import { printTable } from './table.ts'

export interface RequestsOptions {
  /** Of each server and action. */
  readonly seconds: number
  readonly connections: number
  /** More servers, by name. */
  readonly endpoints: ReadonlyMap<string, string>
  /** false: only ours, and those of `endpoints`. */
  readonly others: boolean
}

interface Contestant {
  readonly server: Server
  readonly connections: readonly Connection[]
  readonly refused: Set<Action>
  /** By action, one of each round; empty where the server refused. */
  readonly slices: Map<Action, Slice[]>
}

interface Slice {
  readonly requests: number
  readonly perSecond: number
  /** Of the server's processor. Undefined: nobody here can tell. */
  readonly cpuSeconds: number | undefined
}

const rounds = 5
const warmUpSeconds = 0.25

/** Requests a second by SQS action, contestants taking turns. */
export async function measureRequests(options: RequestsOptions, closing: Closing): Promise<void> {
  const ending = new Closing()
  closing.add(() => ending.close())
  try {
    const servers = await startServers(options, ending)
    const contestants: Contestant[] = []
    for (const server of servers) {
      const connections = await Promise.all(
        Array.from({ length: Math.max(2, options.connections) }, () => openConnection(server.endpoint)),
      )
      ending.add(() => {
        for (const connection of connections) connection.close()
      })
      contestants.push({ server, connections, refused: new Set(), slices: new Map() })
    }
    await warmUp(contestants)
    for (const action of actions) await compete(action, contestants, options.seconds)
    print(contestants, options)
  } finally {
    await ending.close()
  }
}

async function startServers(
  { endpoints, others }: RequestsOptions,
  closing: Closing,
): Promise<readonly [Server, ...Server[]]> {
  const add = <Started extends Server>(server: Started): Started => {
    closing.add(() => server.stop())
    return server
  }
  const folder = mkdtempSync(join(tmpdir(), 'celeriac-bench-'))
  closing.add(() => rmSync(folder, { recursive: true, force: true }))
  const servers: [Server, ...Server[]] = [await startCeleriac(closing, 'Celeriac')]
  servers.push(await startCeleriac(closing, 'with a data folder', [join(folder, 'process'), 'process']))
  servers.push(await startCeleriac(closing, "durability 'disk'", [join(folder, 'disk'), 'disk']))
  for (const [name, url] of endpoints) servers.push(runningServer(name, url))
  if (!others) return servers
  const running = await serverOnDefaultPort()
  if (running !== undefined) servers.push(running)
  const starting = [
    { name: 'fauxqs', start: () => startFauxqs(closing) },
    ...installedEngines().filter(({ name }) => !servers.some((server) => server.name === name)),
  ]
  const started = await Promise.allSettled(starting.map(async ({ start }) => add(await start())))
  for (const [index, each] of started.entries()) {
    if (each.status === 'fulfilled') servers.push(each.value)
    else console.log(`${starting[index]?.name} is left out: ${errorText(each.reason)}`)
  }
  return servers
}

/** What is compiled and what is not weighs more than anything else: every server does everything for a moment first. */
async function warmUp(contestants: readonly Contestant[]): Promise<void> {
  for (const contestant of contestants) {
    for (const action of actions) {
      try {
        const { lanes, step } = await prepare(action, contestant)
        await slice(contestant.server, lanes, step, action.requests, warmUpSeconds)
      } catch (error) {
        if (!(error instanceof RefusedError)) throw error
        console.log(`${contestant.server.name} refuses ${action.name}: ${error.message}`)
        contestant.refused.add(action)
      }
    }
  }
}

/** Who comes second finds another machine: the order changes each time. */
async function compete(action: Action, contestants: readonly Contestant[], seconds: number): Promise<void> {
  const ready = []
  for (const contestant of contestants) {
    const measured: Slice[] = []
    contestant.slices.set(action, measured)
    if (!contestant.refused.has(action)) {
      ready.push({ server: contestant.server, measured, ...(await prepare(action, contestant)) })
    }
  }
  for (let round = 0; round < rounds; round++) {
    for (const { server, lanes, step, measured } of round % 2 === 0 ? ready : ready.toReversed()) {
      measured.push(await slice(server, lanes, step, action.requests, seconds / rounds))
    }
  }
}

async function prepare(action: Action, { connections }: Contestant) {
  const lanes = lanesOf(connections, action.width)
  return { lanes, step: await action.prepare(lanes[0]?.[0] ?? fail(), lanes) }
}

async function slice(
  server: Server,
  lanes: readonly Lane[],
  step: (lane: Lane) => Promise<boolean>,
  requests: number,
  seconds: number,
): Promise<Slice> {
  let count = 0
  const cpuBefore = await server.cpuSeconds()
  const begun = performance.now()
  const until = begun + seconds * 1_000
  await Promise.all(
    lanes.map(async (lane) => {
      while (performance.now() < until && (await step(lane))) count += requests
    }),
  )
  const passed = (performance.now() - begun) / 1_000
  const cpuAfter = await server.cpuSeconds()
  return {
    requests: count,
    perSecond: count / passed,
    cpuSeconds: cpuBefore === undefined || cpuAfter === undefined ? undefined : cpuAfter - cpuBefore,
  }
}

function lanesOf(connections: readonly Connection[], width: number): readonly Lane[] {
  const lanes: Lane[] = []
  for (let at = 0; at + width <= connections.length; at += width) {
    const [first = fail(), ...others] = connections.slice(at, at + width)
    lanes.push([first, ...others])
  }
  return lanes
}

function fail(): never {
  throw new Error('There is no connection.')
}

function print(contestants: readonly Contestant[], { seconds, connections }: RequestsOptions): void {
  const [ours, ...theirs] = contestants
  if (ours === undefined) return
  const of = ({ slices }: Contestant, action: Action) => slices.get(action) ?? []
  const rows = (cell: (contestant: Contestant, action: Action) => string, columns = contestants) =>
    actions.map((action): readonly [string, ...string[]] => [
      action.name,
      ...columns.map((contestant) => cell(contestant, action)),
    ])
  const names = contestants.map(({ server }) => server.name)
  printTable(
    `Requests a second: medians of ${rounds} turns of ${(seconds / rounds).toFixed(2)} s, ${connections} connections, one request at a time on each, the client in one process.`,
    ['', ...names],
    rows((contestant, action) => whole(median(of(contestant, action).map(({ perSecond }) => perSecond)))),
  )
  printTable(
    'Celeriac over each, requests a second of the same turn: above 1 it is faster.',
    ['', ...theirs.map(({ server }) => server.name)],
    rows(
      (contestant, action) =>
        ratioText(
          of(contestant, action).map(({ perSecond }, turn) => (of(ours, action)[turn]?.perSecond ?? 0) / perSecond),
        ),
      theirs,
    ),
  )
  printTable(
    "Milliseconds of the server's processor for 1,000 requests: other load on the machine hardly touches it.",
    ['', ...names],
    rows((contestant, action) => whole(cpuMsPer1000(of(contestant, action)))),
  )
}

/** Of all turns together: processor time is counted in hundredths of a second. */
function cpuMsPer1000(slices: readonly Slice[]): number {
  const sum = (of: (slice: Slice) => number) => slices.reduce((total, slice) => total + of(slice), 0)
  return (sum(({ cpuSeconds = Number.NaN }) => cpuSeconds) / sum(({ requests }) => requests)) * 1e6
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
