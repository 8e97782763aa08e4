import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type CostAssumptions, costOf } from '../../infra/cost.ts'
import { defineApp } from '../../shared/core/app.ts'
import type { QueueOptions } from '../../shared/core/queue.ts'
import { costTable } from './cost-table.ts'

function cost(assumptions: CostAssumptions = {}, queue: QueueOptions = {}, ledger: 'full' | 'off' = 'full') {
  const app = defineApp({ name: 'app', queues: { queue } })
  app.add('task', { ledger }, undefined)
  const [only] = costOf(app, assumptions).queues
  if (only === undefined) throw new Error('expected a queue')
  const line = (name: string) => only.lines.find((each) => each.name === name)?.dollars
  return { ...only, line }
}

describe('a million tasks at list prices', () => {
  // The lines of the platform's own arithmetic: one request for ten messages of up to 6.4 KB, and so on.
  it('sent by tens, $0.04; one by one, $0.40', () => {
    expect(cost().line('SQS: send')).toBeCloseTo(0.04)
    expect(cost({ sentTogether: 1 }).line('SQS: send')).toBeCloseTo(0.4)
    expect(cost({ inputKb: 6 }).line('SQS: send')).toBeCloseTo(0.04)
    expect(cost({ inputKb: 6.1 }).line('SQS: send')).toBeCloseTo(0.08)
  })

  it('received and deleted by tens, $0.08; one by one, $0.80', () => {
    expect(cost().line('SQS: receive and delete')).toBeCloseTo(0.08)
    expect(cost({ batch: 1 }).line('SQS: receive and delete')).toBeCloseTo(0.8)
  })

  it('50 ms in Lambda: $0.033 ten at a time, $0.333 one after another, in 512 MB', () => {
    expect(cost().line('Lambda: time')).toBeCloseTo(0.0333, 3)
    expect(cost({}, { parallelism: 1 }).line('Lambda: time')).toBeCloseTo(0.333, 3)
    expect(cost({}, { parallelism: 1, memory: 128 }).line('Lambda: time')).toBeCloseTo(0.083, 3)
    expect(cost().line('Lambda: requests')).toBeCloseTo(0.02)
    expect(cost({}, { batchSize: 1 }).line('Lambda: requests')).toBeCloseTo(0.2)
  })

  it('three writes of the record, one of the index, a tenth for statistics', () => {
    expect(cost().line('DynamoDB: writes')).toBeCloseTo(4.1 * 0.625, 2)
    expect(cost({ inputKb: 0.7 }).line('DynamoDB: writes')).toBeCloseTo(4.1 * 0.625, 2)
    expect(cost({ inputKb: 10 }).line('DynamoDB: writes')).toBeCloseTo((4.1 + 11) * 0.625, 2)
    expect(cost({ retries: 1 }).line('DynamoDB: writes')).toBeCloseTo(6.1 * 0.625, 2)
  })

  it('nothing in the table without a ledger', () => {
    const off = cost({ resultReads: 0 }, {}, 'off')
    for (const name of ['DynamoDB: writes', 'DynamoDB: reads', 'DynamoDB: storage']) expect(off.line(name)).toBe(0)
  })

  it('adds up, and grows with the number of tasks', () => {
    const { lines, dollars } = cost()
    expect(dollars).toBeCloseTo(lines.reduce((sum, each) => sum + each.dollars, 0))
    expect(cost({ tasks: 10_000_000 }).dollars).toBeCloseTo(10 * dollars)
  })

  it('while idle costs its polls and alarms: more pollers stay where a concurrency is set', () => {
    expect(cost().idleDollars).toBeCloseTo(0.1 + 0.4, 2)
    expect(cost({}, { concurrency: 5 }).idleDollars).toBeCloseTo(0.26 + 0.4, 2)
  })
})

it('the table in docs/deploy.md is what the function computes', () => {
  const doc = readFileSync(new URL('../../docs/deploy.md', import.meta.url), 'utf8')
  expect(doc, costTable()).toContain(costTable())
})
