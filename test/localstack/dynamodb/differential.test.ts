import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDynamoDb } from '../../../localstack/dynamodb/dynoxide.ts'
import { type DynamoDbServer, startDynamoDbServer } from '../../../localstack/dynamodb/index.ts'
import { type Engine, startDynamoDbLocal } from '../../contract/table-places.ts'
import { essenceOf } from './comparison.ts'
import { dynamoDbLocal, dynoxide, type KnownDifference } from './oracles.ts'
import { createTable, program, type Step, TABLE } from './programs.ts'
import { call } from './wire.ts'

/** CELERIAC_DYNAMODB_LOCAL=1: also against AWS's own engine, where Java is. CELERIAC_PROGRAMS, CELERIAC_SEED: how many, and which. */
const { CELERIAC_DYNAMODB_LOCAL: local, CELERIAC_PROGRAMS: programs = '60', CELERIAC_SEED: seed } = process.env

against('dynoxide', startDynamoDb, dynoxide)
if (local === '1') {
  if (spawnSync('java', ['-version']).error === undefined) {
    against('DynamoDB Local', startDynamoDbLocal, dynamoDbLocal)
  } else describe('against DynamoDB Local', () => it.skip('needs Java'))
}

function against(name: string, start: () => Promise<Engine>, known: readonly KnownDifference[]): void {
  describe(`random programs, against ${name}`, () => {
    let ours: DynamoDbServer
    let oracle: Engine
    beforeAll(async () => {
      ;[ours, oracle] = await Promise.all([startDynamoDbServer(), start()])
    })
    afterAll(async () => {
      await Promise.all([ours?.stop(), oracle?.stop()])
    })

    it('gives the same answers', { timeout: 600_000 }, async () => {
      let compared = 0
      const property = fc.asyncProperty(program, async (steps) => {
        for (const endpoint of [ours.endpoint, oracle.endpoint]) {
          await call(endpoint, 'DeleteTable', { TableName: TABLE })
          expect((await call(endpoint, createTable.operation, createTable.input)).status).toBe(200)
        }
        for (const step of steps) {
          const goesOn = await compare(ours.endpoint, oracle.endpoint, step, known)
          if (!goesOn) break
          compared += 1
        }
      })
      await fc.assert(property, { numRuns: Number(programs), ...(seed !== undefined && { seed: Number(seed) }) })
      // Programs must not all end at their first request.
      expect(compared).toBeGreaterThan(Number(programs))
    })
  })
}

/** @returns false when a known difference ends the program: what the engines hold may differ from here on */
async function compare(ours: string, theirs: string, step: Step, known: readonly KnownDifference[]): Promise<boolean> {
  const { operation, input } = step
  const [a, b] = await Promise.all([call(ours, operation, input), call(theirs, operation, input)])
  // Engines differ in how much of a refused batch they have done: DynamoDB Local runs it up to the second one.
  if (/contains duplicates/.test(a.text) && a.status === b.status) return false
  const [mine, other] = [essenceOf(operation, a), essenceOf(operation, b)]
  if (JSON.stringify(mine) === JSON.stringify(other)) return true
  if (known.some(({ applies }) => applies(operation, a, b))) return false
  expect({ step, answer: mine, said: a.text }).toEqual({ step, answer: other, said: b.text })
  return true
}
