import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { currentTask } from '../../shared/protocol/current-task.ts'
import { watchLeaks } from '../../shared/worker/leaks.ts'

const event = 'unhandledRejection'
const reason = new Error('nobody handled it')
const promise = Promise.resolve()

describe('a rejection that nobody handles', () => {
  // The test runner listens too.
  let before: NodeJS.UnhandledRejectionListener[] = []
  beforeEach(() => {
    before = process.listeners(event)
    process.removeAllListeners(event)
  })
  afterEach(() => {
    process.removeAllListeners(event)
    for (const listener of before) process.on(event, listener)
  })

  it('ends the attempt of the task whose code made it, and no one else is told', () => {
    const runtime = vi.fn()
    process.on(event, runtime)
    const stop = watchLeaks()
    const fail = vi.fn()
    currentTask.run({ id: 'task', root: 'task', traceparent: undefined, fail }, () =>
      process.emit(event, reason, promise),
    )
    stop()
    expect(fail).toHaveBeenCalledExactlyOnceWith(reason)
    expect(runtime).not.toHaveBeenCalled()
  })

  it('that belongs to no task goes to all who listened before', () => {
    const listeners = [vi.fn(), vi.fn()]
    for (const listener of listeners) process.on(event, listener)
    const stop = watchLeaks()
    process.emit(event, reason, promise)
    stop()
    for (const listener of listeners) expect(listener).toHaveBeenCalledExactlyOnceWith(reason, promise)
  })

  it('that belongs to no task ends the process where nobody listened, as without a worker', () => {
    const stop = watchLeaks()
    expect(() => process.emit(event, reason, promise)).toThrow(reason)
    stop()
  })

  it('goes to who listened before again when no batch runs any more', () => {
    const runtime = vi.fn()
    process.on(event, runtime)
    const stops = [watchLeaks(), watchLeaks()]
    expect(process.listeners(event)).toHaveLength(1)
    stops[0]?.()
    expect(process.listeners(event)).not.toContain(runtime)
    stops[1]?.()
    expect(process.listeners(event)).toEqual([runtime])
  })
})
