import { expect, it } from 'vitest'
import { recordingTelemetry } from '../../shared/memory/recording-telemetry.ts'

const common = { at: 1, queue: 'emails', task: 'emails.send' }

it('keeps events and logs, and tells the story of a task', () => {
  const telemetry = recordingTelemetry()
  telemetry.event({ ...common, id: 'a', type: 'queued' })
  telemetry.event({ ...common, id: 'b', type: 'started', attempt: 1, receiveCount: 1 })
  telemetry.event({ ...common, id: 'a', type: 'snoozed', delayMs: 5 })
  telemetry.log('warn', 'slow', { ms: 3 })
  telemetry.log('info', 'plain')
  expect(telemetry.storyOf('a')).toEqual(['queued', 'snoozed'])
  expect(telemetry.ofType('started').map(({ attempt }) => attempt)).toEqual([1])
  expect(telemetry.ofType('snoozed').map(({ delayMs }) => delayMs)).toEqual([5])
  expect(telemetry.logs).toEqual([
    { level: 'warn', message: 'slow', fields: { ms: 3 } },
    { level: 'info', message: 'plain', fields: {} },
  ])
  telemetry.clear()
  expect([telemetry.events, telemetry.logs]).toEqual([[], []])
})

it('is a signal to wait for, for what came and for what comes', async () => {
  const telemetry = recordingTelemetry()
  telemetry.event({ ...common, id: 'a', type: 'ignored' })
  expect(await telemetry.seen(({ type }) => type === 'ignored')).toMatchObject({ id: 'a' })
  const later = telemetry.seen(({ id, type }) => id === 'b' && type === 'revoked')
  telemetry.event({ ...common, id: 'b', type: 'queued' })
  telemetry.event({ ...common, id: 'b', type: 'revoked' })
  expect(await later).toMatchObject({ id: 'b', type: 'revoked' })
})
