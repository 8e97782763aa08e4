import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../shared/memory/virtual-clock.ts'
import { sleep } from '../../shared/protocol/sleep.ts'

const start = Date.UTC(2026, 0, 1)

/** Code that goes on for a while without time passing. */
async function goOn(story: string[]): Promise<void> {
  for (let step = 0; step < 50; step++) await Promise.resolve()
  story.push('after fifty turns')
  await new Promise<void>((resolve) => process.nextTick(resolve))
  story.push('after a tick')
}

describe('VirtualClock', () => {
  it('fires timers by instant, then in the order they were set, and only when told', async () => {
    const clock = new VirtualClock(start)
    const fired: string[] = []
    const at = (name: string) => () => fired.push(`${name}@${clock.now() - start}`)
    clock.timer(20, at('c'))
    clock.timer(10, at('a'))
    clock.timer(10, at('b'))
    clock.timer(0, at('now'))
    clock.timer(-5, at('past'))
    expect(fired).toEqual([])
    await clock.advance(10)
    expect(fired).toEqual(['now@0', 'past@0', 'a@10', 'b@10'])
    await clock.advance(9)
    expect(fired).toHaveLength(4)
    expect(clock.now()).toBe(start + 19)
    await clock.advanceTo(start + 100)
    expect(fired.at(-1)).toBe('c@20')
    expect(clock.now()).toBe(start + 100)
    await clock.advanceTo(start)
    expect(clock.now()).toBe(start + 100)
  })

  it('fires what is set meanwhile, when it is due within the same move', async () => {
    const clock = new VirtualClock(start)
    const fired: number[] = []
    const again = () => {
      fired.push(clock.now() - start)
      clock.timer(10, again)
    }
    clock.timer(10, again)
    await clock.advance(35)
    expect(fired).toEqual([10, 20, 30])
  })

  it('lets all code go on before the next timer', async () => {
    const clock = new VirtualClock(start)
    const story: string[] = []
    clock.timer(10, () => void goOn(story))
    clock.timer(10, () => story.push('second timer'))
    await clock.advance(10)
    expect(story).toEqual(['after fifty turns', 'after a tick', 'second timer'])
  })

  it('may fire many timers in one turn of the event loop, and deals with promises, ticks and what nobody handles in between', async () => {
    const clock = new VirtualClock(start, { stepsPerTurn: 64 })
    const story: string[] = []
    const before = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.once('unhandledRejection', (reason) => story.push(String(reason)))
    try {
      clock.timer(10, () => void goOn(story).then(() => void Promise.reject('nobody handles it')))
      clock.timer(10, () => void story.push('second timer'))
      for (let nth = 0; nth < 200; nth++) clock.timer(20, () => void story.push(`timer ${nth}`))
      let turns = 0
      const turn = () => {
        turns += 1
        immediate = setImmediate(turn)
      }
      let immediate = setImmediate(turn)
      await clock.advance(20)
      clearImmediate(immediate)
      expect(story.slice(0, 5)).toEqual([
        'after fifty turns',
        'after a tick',
        'nobody handles it',
        'second timer',
        'timer 0',
      ])
      expect(story.at(-1)).toBe('timer 199')
      expect(turns).toBeLessThan(10)
      await clock.advance(1)
    } finally {
      for (const listener of before) process.on('unhandledRejection', listener)
    }
  })

  it('cancels, also twice and too late', async () => {
    const clock = new VirtualClock(start)
    let fired = 0
    const count = () => {
      fired += 1
    }
    const cancel = clock.timer(10, count)
    const late = clock.timer(5, count)
    cancel()
    cancel()
    expect(clock.pending).toBe(1)
    await clock.advance(20)
    late()
    expect(fired).toBe(1)
    expect(clock.pending).toBe(0)
  })

  it('runs until only background timers are left', async () => {
    const clock = new VirtualClock(start)
    const fired: string[] = []
    const renew = () => {
      fired.push('background')
      clock.timer(20, renew, { background: true })
    }
    clock.timer(20, renew, { background: true })
    clock.timer(50, () => fired.push('work'))
    expect(clock.nextAt).toBe(start + 20)
    await clock.runUntilIdle()
    expect(fired).toEqual(['background', 'background', 'work'])
    expect(clock.now()).toBe(start + 50)
  })

  it('runs until a promise settles, and gives its value or error', async () => {
    const clock = new VirtualClock(start)
    const work = (async () => {
      await sleep(clock, 1_000)
      await sleep(clock, 86_400_000)
      return 'done'
    })()
    clock.timer(1e12, () => undefined)
    expect(await clock.runUntilSettled(work)).toBe('done')
    expect(clock.now()).toBe(start + 86_401_000)
    const failing = sleep(clock, 5).then(() => Promise.reject(new Error('no')))
    await expect(clock.runUntilSettled(failing)).rejects.toThrow('no')
  })

  it('says when nothing is left to wait for', async () => {
    const clock = new VirtualClock(start)
    const never = new Promise<void>(() => undefined)
    await expect(clock.runUntilSettled(never)).rejects.toThrow(/nothing is left to wait for/)
    clock.timer(Number.POSITIVE_INFINITY, () => undefined)
    await expect(clock.runUntilSettled(never)).rejects.toThrow(/nothing is left to wait for/)
    await clock.runUntilIdle()
    expect(clock.now()).toBe(start)
  })

  it('stops what re-arms itself for ever', async () => {
    const clock = new VirtualClock(start)
    const again = () => void clock.timer(1, again)
    again()
    await expect(clock.runUntilIdle({ timerLimit: 100 })).rejects.toThrow(/more than 100 timers/)
  })

  it('refuses to be moved twice at once', async () => {
    const clock = new VirtualClock(start)
    const first = clock.advance(10)
    await expect(clock.advance(10)).rejects.toThrow(/moved already/)
    await first
  })

  it('stands still while real work is held', async () => {
    const clock = new VirtualClock(start)
    let seenAt = 0
    clock.timer(10, () => {
      void clock.hold(import('node:zlib').then(() => new Promise((resolve) => setTimeout(resolve, 5)))).then(() => {
        seenAt = clock.now()
      })
    })
    clock.timer(20, () => undefined)
    await clock.runUntilIdle()
    expect(seenAt).toBe(start + 10)
  })

  it('takes 150,000 timers, cancelled or not', async () => {
    const clock = new VirtualClock(start)
    let fired = 0
    for (let index = 0; index < 150_000; index++) {
      const cancel = clock.timer((index * 7_919) % 1_000, () => {
        fired += 1
      })
      if (index % 50 !== 0) cancel()
    }
    await clock.runUntilIdle()
    expect(fired).toBe(3_000)
  })
})
