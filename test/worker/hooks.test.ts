import { describe, expect, it } from 'vitest'
import type { AppOptions } from '../../shared/core/app.ts'
import { createWorld, type WorkInput } from './world.ts'

/** Runs one task to its end, and tells what the hooks of its app were told. */
async function toldOf(input: WorkInput, retry: { readonly maxRetries: number } | false = { maxRetries: 1 }) {
  const told: unknown[] = []
  const hooks: AppOptions['hooks'] = {
    onStart: ({ attempt }) => void told.push(['start', attempt]),
    onSuccess: ({ attempt }, output) => void told.push(['success', attempt, output]),
    onRetry: ({ attempt }, { name }, delayMs) => void told.push(['retry', attempt, name, delayMs]),
    onFailure: ({ attempt }, { name }) => void told.push(['failure', attempt, name]),
    onSettled: ({ attempt }, state) => void told.push(['settled', attempt, state]),
  }
  const world = createWorld({ hooks, retry: retry && { ...retry, jitter: false } })
  await world.until(world.work.delay(input))
  await world.run()
  return told
}

describe('hooks are told', () => {
  it('of a success, with what the function returned', async () => {
    expect(await toldOf({ value: { a: [1, new Date(5)] } })).toEqual([
      ['start', 1],
      ['success', 1, { a: [1, new Date(5)] }],
      ['settled', 1, 'SUCCESS'],
    ])
    expect(await toldOf({})).toContainEqual(['success', 1, undefined])
  })

  it('of a retry with its error and its pause, and of the failure at the end', async () => {
    expect(await toldOf({ mode: 'throw' })).toEqual([
      ['start', 1],
      ['retry', 1, 'TypeError', 10_000],
      ['settled', 1, 'RETRY'],
      ['start', 2],
      ['failure', 2, 'TypeError'],
      ['settled', 2, 'FAILURE'],
    ])
  })

  it('of a retry that was asked for without an error', async () => {
    expect(await toldOf({ mode: 'retry' })).toContainEqual(['retry', 1, 'Retry', expect.any(Number)])
  })

  it('of what was ignored, and not of runs that do not count', async () => {
    expect(await toldOf({ mode: 'ignore' })).toEqual([
      ['start', 1],
      ['settled', 1, 'IGNORED'],
    ])
    expect(await toldOf({ mode: 'snooze', times: 1, ms: 5_000 })).toEqual([
      ['start', 1],
      ['start', 1],
      ['success', 1, undefined],
      ['settled', 1, 'SUCCESS'],
    ])
  })
})

/** The hooks of an app, and what they were called with. */
function recordingHooks() {
  const called: unknown[] = []
  const hooks: AppOptions['hooks'] = {
    onSuccess: () => void called.push(['success']),
    onFailure: ({ attempt, signal }, { name }) => void called.push(['failure', attempt, name, signal.aborted]),
    onSettled: ({ attempt, task }, state) => void called.push(['settled', attempt, task, state]),
  }
  return { called, hooks }
}

describe('ends without a run call hooks, too', () => {
  it('a worker that was lost once too often', async () => {
    const { called, hooks } = recordingHooks()
    const world = createWorld({ hooks, retry: false })
    const { id } = await world.until(world.work.delay({ mode: 'exit', times: 9 }))
    await world.run()
    expect(called).toEqual([
      ['failure', 1, 'WorkerLostError', true],
      ['settled', 1, 'work', 'FAILURE'],
    ])
    expect(world.telemetry.storyOf(id)).toContain('failed')
  })

  it('a task that expired while it waited', async () => {
    const { called, hooks } = recordingHooks()
    const world = createWorld({ hooks, stopped: true })
    const { id } = await world.until(world.work.applyAsync({}, { expires: 5 }))
    await world.clock.advance(10_000)
    world.start()
    await world.run()
    expect(called).toEqual([['settled', 0, 'work', 'EXPIRED']])
    expect(world.telemetry.storyOf(id)).toEqual(['queued', 'expired'])
  })

  it('a task that was revoked while it waited, in the process that revoked it', async () => {
    const { called, hooks } = recordingHooks()
    const world = createWorld({ hooks, stopped: true })
    const handle = await world.until(world.work.delay({}))
    expect(await world.until(handle.revoke())).toBe('REVOKED')
    expect(called).toEqual([['settled', 0, 'work', 'REVOKED']])
    expect(world.telemetry.storyOf(handle.id)).toEqual(['queued', 'revoked'])
    // The second time it is revoked already.
    await world.until(handle.revoke())
    expect(called).toHaveLength(1)
  })
})

describe('hooks at an end run in the scope of their task', () => {
  it('what they enqueue has their task as its parent', async () => {
    const children: string[] = []
    const world = createWorld({
      task: {
        onSuccess: async ({ id }, output) => {
          if (output === 'child') return
          const child = await world.work.delay({ value: 'child' })
          children.push(child.id)
          expect(world.record(child.id)).toMatchObject({ parent: id, root: id })
        },
      },
    })
    await world.until(world.work.delay({ value: 'parent' }))
    await world.run()
    expect(children).toHaveLength(1)
  })

  it('a rejection that they leave behind is logged with their task, and costs no neighbour anything', async () => {
    const world = createWorld({
      retry: false,
      hooks: { onSuccess: () => void Promise.reject(new RangeError('slack is down')) },
    })
    const handles = await world.until(Promise.all([1, 2, 3].map((value) => world.work.delay({ value }))))
    await world.run()
    expect(handles.map(({ id }) => world.record(id))).toMatchObject(
      handles.map(() => ({ state: 'SUCCESS', attempt: 1 })),
    )
    expect(world.runs).toHaveLength(3)
    expect(world.telemetry.logs.filter(({ message }) => message.includes('nobody handled it'))).toHaveLength(3)
  })
})
