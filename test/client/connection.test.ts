import { createApp } from 'celeriac'
import { describe, expect, it } from 'vitest'
import { buildApp } from '../../shared/client/app.ts'
import type { AwsConnection, ConnectedTarget } from '../../shared/client/connection.ts'
import { recordingTelemetry } from '../../shared/memory/recording-telemetry.ts'
import { seededRandom } from '../../shared/memory/seeded-random.ts'
import { createMemoryTable } from '../../shared/memory/table.ts'
import { VirtualClock } from '../../shared/memory/virtual-clock.ts'
import { createMemoryWorld } from '../../shared/testing/memory-world.ts'

/** An app whose AWS is in memory, and a look at how often it was connected. */
function build(variables: Record<string, string> = {}, fails = 0) {
  const connected: ConnectedTarget[] = []
  let closed = 0
  let left = fails
  const clock = new VirtualClock()
  const app = buildApp(
    { name: 'shop', stage: 'dev', queues: { emails: {} } },
    {
      clock,
      random: seededRandom(1),
      telemetry: recordingTelemetry(),
      variables,
      async connectAws(target): Promise<AwsConnection> {
        connected.push(target)
        if (left-- > 0) throw new Error('no region')
        return { ...createMemoryWorld(app.definition).ports, close: () => void closed++ }
      },
    },
  )
  return { app, connected, closed: () => closed, clock, task: app.task('t', {}, async (x: number) => x) }
}

describe('connection', () => {
  it('is made at the first use, once', async () => {
    const { app, connected, task } = build()
    const ports = app.ports()
    app.result('a')
    expect(connected).toEqual([])
    await Promise.all([task.delay(1), task.delay(2), ports.queues.depth('emails')])
    expect(connected).toHaveLength(1)
    expect(connected[0]?.environment).toEqual({ prefix: 'shop-dev', table: 'shop-dev', queueBaseUrl: undefined })
  })

  it('takes names from the environment, and options before it', async () => {
    const { app, connected, task } = build({ CELERIAC_PREFIX: 'other', CELERIAC_QUEUE_BASE_URL: 'http://a/1/' })
    expect(app.prefix).toBe('other')
    await task.delay(1)
    app.connect({ endpoint: 'http://127.0.0.1:1', region: 'eu-west-1', environment: { table: 'records' } })
    await task.delay(1)
    expect(connected.map(({ environment }) => environment)).toEqual([
      { prefix: 'other', table: 'other', queueBaseUrl: 'http://a/1' },
      { prefix: 'other', table: 'records', queueBaseUrl: 'http://a/1' },
    ])
    expect(connected[1]).toMatchObject({ endpoint: 'http://127.0.0.1:1', region: 'eu-west-1' })
  })

  it('closes what it made, and connects again when it is used again', async () => {
    const { app, connected, closed, task } = build()
    await task.delay(1)
    app.close()
    await Promise.resolve()
    expect(closed()).toBe(1)
    await task.delay(1)
    expect(connected).toHaveLength(2)
    app.connect({ region: 'eu-west-1' })
    await Promise.resolve()
    expect(closed()).toBe(2)
  })

  it('one that could not be made is tried again', async () => {
    const { connected, task, clock } = build({}, 1)
    await expect(clock.runUntilSettled(task.delay(1))).rejects.toThrow('no region')
    await clock.runUntilSettled(task.delay(1))
    expect(connected).toHaveLength(2)
  })

  it('uses the ports it is given, one by one', async () => {
    const { app, connected, task, clock } = build()
    const { queues } = createMemoryWorld(app.definition).ports
    const table = createMemoryTable({ clock })
    const telemetry = recordingTelemetry()
    app.connect({ ...table })
    app.connect({ queues, telemetry })
    const { id } = await task.delay(1)
    expect(connected).toEqual([])
    expect(table.records.all().map((record) => record.id)).toEqual([id])
    expect(telemetry.storyOf(id)).toEqual(['queued'])
    // Telling where AWS is ends that; what belongs to the machine stays.
    app.connect({ region: 'eu-west-1' })
    await task.delay(1)
    expect(connected).toHaveLength(1)
    expect(telemetry.events).toHaveLength(2)
  })

  it('can be told while tasks and handles are there already', async () => {
    const app = createApp({ name: 'shop', queues: { emails: {} } })
    const task = app.task('t', {}, async (x: number) => x)
    app.connect(createMemoryWorld(app.definition).ports)
    expect(await (await task.delay(1)).state()).toBe('QUEUED')
  })
})
