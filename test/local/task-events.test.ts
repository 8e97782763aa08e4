import { expect, test } from 'vitest'
import { consoleTelemetry, type TaskEvent } from '../../shared/index.ts'
import { parseTaskEvent } from '../../shared/local/task-events.ts'

const task = { at: Date.UTC(2026, 0, 1), queue: 'emails', task: 'emails.send', id: '0197' }

test.each<[TaskEvent]>([
  [{ ...task, type: 'started', attempt: 1, receiveCount: 2 }],
  [
    {
      ...task,
      type: 'failed',
      attempt: 4,
      expected: false,
      error: { name: 'Error', message: 'line\nbreak', stack: 's' },
    },
  ],
  [{ ...task, type: 'dead-lettered', reason: 'failure' }],
])('what console telemetry writes is read back: %o', (event) => {
  const lines: string[] = []
  consoleTelemetry({ level: 'debug', write: (line) => lines.push(line) }).event(event)
  expect(lines.map(parseTaskEvent)).toEqual([event])
})

test.each([
  ['task started'],
  ['{"at":"2026-01-01T00:00:00.000Z","level":"info","message":"task started"}'],
  ['{"at":"2026-01-01T00:00:00.000Z","message":"task exploded","queue":"a","task":"b","id":"c"}'],
  ['{"at":"never","message":"task started","queue":"a","task":"b","id":"c"}'],
  ['{"at":"2026-01-01T00:00:00.000Z","message":"task started","queue":"a"'],
  ['{"at":"2026-01-01T00:00:00.000Z","message":{"task":1},"queue":"a","task":"b","id":"c"}'],
])('any other line is none: %s', (line) => {
  expect(parseTaskEvent(line)).toBeUndefined()
})
