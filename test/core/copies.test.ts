import { expect, it, vi } from 'vitest'
import { RetrySignal, SnoozeSignal } from '../../shared/core/context.ts'
import { decide } from '../../shared/core/decide.ts'
import * as own from '../../shared/core/errors.ts'
import { resolveRetry } from '../../shared/core/retry.ts'

/** The modules once more, as a second copy of the package has them. */
async function otherCopy() {
  vi.resetModules()
  const errors = await import('../../shared/core/errors.ts')
  const context = await import('../../shared/core/context.ts')
  return { ...errors, ...context }
}

it('errors of another copy of the package are recognised, by their kind alone', async () => {
  const other = await otherCopy()
  expect(other.RejectError).not.toBe(own.RejectError)
  const reject = new other.RejectError('no')
  expect(reject instanceof own.RejectError).toBe(true)
  expect(reject instanceof own.CeleriacError).toBe(true)
  expect(reject instanceof own.IgnoreError).toBe(false)
  expect(new other.TaskExpiredError('id') instanceof own.TaskRevokedError).toBe(true)
  expect(new other.TaskRevokedError('id') instanceof own.TaskExpiredError).toBe(false)
  expect(new other.EncodeError('', 'no') instanceof own.InputError).toBe(true)
  expect(new other.RetrySignal({}) instanceof RetrySignal).toBe(true)
  expect(new other.RetrySignal({}) instanceof SnoozeSignal).toBe(false)
  expect(new other.RemoteError({ name: 'a', message: 'b' }) instanceof own.RemoteError).toBe(true)
})

it('a subclass of the user’s is its own, and a kind of ours', async () => {
  const other = await otherCopy()
  class Mine extends own.RejectError {}
  class Theirs extends other.RejectError {}
  expect(new Theirs() instanceof own.RejectError).toBe(true)
  expect(new Mine() instanceof Mine).toBe(true)
  expect(new Theirs() instanceof Mine).toBe(false)
  expect(new own.RejectError() instanceof Mine).toBe(false)
  expect(new Mine().name).toBe('Mine')
})

it.each<[string, unknown]>([
  ['null', null],
  ['a text', 'RejectError'],
  ['an object', {}],
  ['an error', new Error('no')],
])('%s is none of ours', (_name, value) => {
  expect(value instanceof own.RejectError).toBe(false)
})

it('every class of ours has a brand of its own', () => {
  const classes = Object.entries(own).filter(([, each]) => typeof each === 'function')
  for (const [name, each] of classes) expect((each as { brand?: string }).brand).toBe(name)
  expect(Object.keys(new own.RejectError())).not.toContain('brand')
})

it('a task may throw those of another copy', async () => {
  const other = await otherCopy()
  const circumstances = {
    definition: { name: 'a', throws: [] },
    policy: resolveRetry({}, 'test'),
    id: 'id',
    attempt: 0,
    random: 0.5,
  }
  expect(decide({ kind: 'threw', error: new other.RejectError() }, circumstances)).toMatchObject({
    deadLetter: 'rejected',
  })
  expect(decide({ kind: 'threw', error: new other.IgnoreError() }, circumstances)).toMatchObject({ state: 'IGNORED' })
})
