import { createApp } from 'celeriac'
import { describe, expect, it } from 'vitest'
import type { TaskRecord } from '../../shared/core/record.ts'
import { Enqueuer } from '../../shared/enqueue/enqueuer.ts'
import { type PreparedCall, prepareCall } from '../../shared/enqueue/prepared-call.ts'
import type { Ports, RecordChange } from '../../shared/ports/index.ts'
import { CertainLedger } from '../../shared/protocol/certain-ledger.ts'
import { createMemoryWorld } from '../../shared/testing/memory-world.ts'

/** Enqueues what follows from a task that ended, as a worker will. The id is made of that task's. */
async function continuing(replace: (ports: Ports) => Partial<Ports> = () => ({})) {
  const app = createApp({ name: 'shop', queues: { main: {} } })
  app.task('next', {}, (input: { from: number }) => input.from)
  const world = createMemoryWorld(app.definition, {})
  const changes: RecordChange[] = []
  const ports: Ports = { ...world.ports, ...replace(world.ports) }
  const recording: Ports = {
    ...ports,
    records: {
      ...ports.records,
      update: (asked) => {
        changes.push(...asked)
        return ports.records.update(asked)
      },
    },
  }
  const definition = app.definition.tasks.get('next')
  if (definition === undefined) throw new Error('No task.')
  const deps = { app: app.definition, clock: ports.clock, random: ports.random }
  const prepare = async (from = 1): Promise<PreparedCall> => {
    const prepared = await prepareCall(definition, { from }, { taskId: 'after-1' }, deps)
    return { ...prepared, mode: 'continuation' }
  }
  const enqueuer = new Enqueuer(recording, new CertainLedger(recording))
  return {
    ports,
    changes,
    enqueue: async (from?: number) => (await enqueuer.enqueue([await prepare(from)]))[0],
    record: async (): Promise<TaskRecord | undefined> =>
      (await ports.records.read(['after-1'], { consistent: true }))[0],
    received: () => ports.queues.receive('main', { max: 10, waitSeconds: 0 }),
    set: async (set: Partial<TaskRecord>) => {
      const [record] = await ports.records.read(['after-1'], { consistent: true })
      if (record === undefined) throw new Error('No record.')
      await ports.records.update([{ id: record.id, v: record.v, transition: true, queue: record.queue, set }])
    },
  }
}

const failing = (ports: Ports): Partial<Ports> => ({
  queues: {
    ...ports.queues,
    send: async (_queue, messages) =>
      messages.map(() => ({ status: 'failed', maybeSent: true, error: new Error('no answer') })),
  },
})

describe('a continuation', () => {
  it('is enqueued like a call', async () => {
    const world = await continuing()
    expect(await world.enqueue()).toMatchObject({ status: 'accepted', deduplicated: false })
    expect(await world.received()).toHaveLength(1)
  })

  it('that was never claimed is sent again with what its record holds, and its record stays as it is', async () => {
    const world = await continuing()
    await world.enqueue(1)
    const before = await world.record()
    // Its worker may see another value now. What the first one wrote counts.
    expect(await world.enqueue(2)).toMatchObject({ status: 'accepted', deduplicated: true })
    expect(await world.record()).toEqual(before)
    const bodies = (await world.received()).map(({ body }) => JSON.parse(body) as { input: unknown; v: number })
    expect(bodies).toMatchObject([
      { input: { from: 1 }, v: 1 },
      { input: { from: 1 }, v: 1 },
    ])
  })

  it.each<Partial<TaskRecord>>([
    { state: 'STARTED', startedAt: 1 },
    { state: 'SUCCESS', finishedAt: 1 },
    { state: 'FAILURE', reason: 'failure', finishedAt: 1, attempt: 1 },
    { state: 'REVOKED', reason: 'revoked', finishedAt: 1 },
  ])('that is $state is there: nothing is written and nothing is sent', async (set) => {
    const world = await continuing()
    await world.enqueue()
    await world.received()
    await world.set(set)
    const before = await world.record()
    expect(await world.enqueue(2)).toMatchObject({ status: 'accepted', deduplicated: true })
    expect(await world.record()).toEqual(before)
    expect(world.changes).toEqual([])
    expect(await world.received()).toEqual([])
  })

  it('is not withdrawn when its message could not be sent: its predecessor repeats it', async () => {
    const world = await continuing(failing)
    expect(await world.enqueue()).toMatchObject({ status: 'failed', error: { mayRun: true } })
    expect(await world.record()).toMatchObject({ state: 'QUEUED', v: 1 })
    expect(world.changes).toEqual([])
  })
})
