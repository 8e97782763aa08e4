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
