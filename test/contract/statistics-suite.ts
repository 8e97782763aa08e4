import { describe, expect, it } from 'vitest'
import { histogramOf } from '../../shared/core/histogram.ts'
import { noCounts, noTaskCounts, otherTasks, type QueueCounts, type TaskCounts } from '../../shared/core/statistics.ts'
import { blockMs, dayMs } from '../../shared/core/table.ts'
import { type SharedPlace, unique } from './table-place.ts'

/** Counts of one task name. */
export function countsFor(task: string, counts: Partial<TaskCounts>, others: Partial<QueueCounts> = {}): QueueCounts {
  return { ...noCounts, ...others, tasks: { [task]: { ...noTaskCounts, ...counts } } }
}

/** What callers of the Statistics port may rely on. */
export function statisticsContract(place: SharedPlace): void {
  describe('statistics', () => {
    const names = ['a', 'b']
    const of = (task: string, counts: Partial<TaskCounts>, others?: Partial<QueueCounts>) => ({
      names,
      shards: 8,
      counts: countsFor(task, counts, others),
    })

    it('add up by queue and task, over the five minutes that a range touches', async () => {
      const queue = unique('q')
      const block = Math.floor(place.now() / blockMs) * blockMs
      const add = (at: number, delta: ReturnType<typeof of>) => place.ports.statistics.add([{ queue, at, ...delta }])
      await add(block - 1, of('a', { succeeded: 1, failed: 1 }))
      await add(block, of('a', { succeeded: 10, runMs: 1_234, runs: histogramOf([1_000, 234]) }))
      await add(block + 1, of('b', { succeeded: 100, dead: 2 }, { expired: 3, waits: histogramOf([5]), waitMs: 5 }))
      await add(block + blockMs - 1, of('a', { succeeded: 1_000, retried: 1, back: 2 }))
      await place.ports.statistics.add([{ queue: `${queue}-other`, at: block, ...of('a', { succeeded: 1 }) }])

      const { sum } = place.ports.statistics
      expect(await sum({ queue, from: block, to: block + blockMs })).toEqual({
        ...noCounts,
        tasks: {
          a: {
            ...noTaskCounts,
            succeeded: 1_010,
            retried: 1,
            back: 2,
            runMs: 1_234,
            runs: histogramOf([1_000, 234]),
          },
          b: { ...noTaskCounts, succeeded: 100, dead: 2 },
        },
        expired: 3,
        waits: histogramOf([5]),
        waitMs: 5,
      })
      expect(await sum({ queue, from: block - 1, to: block })).toEqual(countsFor('a', { succeeded: 1, failed: 1 }))
      expect((await sum({ queue, from: block - 1, to: block + 1 })).tasks.a?.succeeded).toBe(1_011)
      expect(await sum({ queue, from: block - dayMs, to: block - blockMs })).toEqual(noCounts)
      expect(await sum({ queue, from: block, to: block })).toEqual(noCounts)
    })

    it('keep what versions of the app with other tasks counted, and what has another name', async () => {
      const queue = unique('q')
      const at = place.now()
      const add = (list: readonly string[], task: string) =>
        place.ports.statistics.add([{ queue, at, names: list, shards: 1, counts: countsFor(task, { succeeded: 1 }) }])
      await add(['a', 'b'], 'b')
      await add(['a', 'b', 'c'], 'c')
      await add(['b', 'c'], 'b')
      await add(['b', 'c'], 'gone')
      const { tasks } = await place.ports.statistics.sum({ queue, from: at, to: at + 1 })
      expect(Object.fromEntries(Object.entries(tasks).map(([name, { succeeded }]) => [name, succeeded]))).toEqual({
        b: 2,
        c: 1,
        [otherTasks]: 1,
      })
    })
  })
}
