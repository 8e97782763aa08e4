import { type AsyncResult, createApp } from 'celeriac'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import type { Signature } from '../../shared/client/signature.ts'
import { compileCanvas } from '../../shared/core/canvas.ts'
import { type Ref, text } from '../../shared/core/reference.ts'

const app = createApp({ name: 'types', queues: { default: {} } })
const report = app.task('report', {}, (input: { day: Date; team: string; limit?: number }) => input.team.length)
const ping = app.task('ping', {}, () => 'pong' as const)
const double = app.task('double', {}, (n: number) => 2 * n)
const mail = app.task(
  'mail',
  { input: z.object({ to: z.string(), kind: z.enum(['a', 'b']), tags: z.array(z.string()).default([]) }) },
  async () => true,
)

describe('signatures', () => {
  it('need what is still missing', () => {
    expectTypeOf(report.s({ day: new Date(), team: 'all' })).toEqualTypeOf<Signature<unknown, number>>()
    expectTypeOf(double.s()).toEqualTypeOf<Signature<number, number>>()
    expectTypeOf(ping.si()).toEqualTypeOf<Signature<unknown, 'pong'>>()
    expectTypeOf(report.s({ day: new Date(), team: 'all' }).set({ queue: 'default' })).toEqualTypeOf<
      Signature<unknown, number>
    >()
    const send = () => double.s(4).delay()
    expectTypeOf(send).returns.resolves.toEqualTypeOf<AsyncResult<number>>()
  })

  it('hold references in place of values, at any depth', () => {
    const make = (at: Ref<Date>) => report.s({ day: at, team: text`team of ${at}` })
    expectTypeOf(make).returns.toEqualTypeOf<Signature<unknown, number>>()
    const whole = (user: Ref<{ name: string; kind: 'a' | 'b'; tags: string[]; mail?: string }>) => {
      expectTypeOf(user.mail).toEqualTypeOf<Ref<string | undefined>>()
      return mail.s({ to: user.name, kind: user.kind, tags: user.tags })
    }
    expectTypeOf(whole).returns.toEqualTypeOf<Signature<unknown, boolean>>()
  })

  it('refuse what cannot be', () => {
    const refused = (at: Ref<Date>, n: Ref<number | undefined>) => {
      // @ts-expect-error a field is missing
      report.s({ day: at })
      // @ts-expect-error a date is no text
      report.s({ day: at, team: at })
      // @ts-expect-error it may be undefined
      double.s(n)
      // @ts-expect-error a reference has no value yet
      double.s(at + 1)
      // @ts-expect-error no such field
      report.s({ day: at, team: 'all', tem: 1 })
      // @ts-expect-error it needs its input
      void double.s().delay()
      // @ts-expect-error a reference cannot be sent now
      void double.delay(n)
    }
    expect(refused).toBeTypeOf('function')
  })

  it('are stored as data', () => {
    expect(compileCanvas<Date>((at) => report.s({ day: at, team: 'all' }))).toEqual([
      { kind: 'call', task: 'report', input: { day: { $: 'ref', node: -1 }, team: 'all' } },
    ])
  })
})
