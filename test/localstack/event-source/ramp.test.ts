import { expect, test } from 'vitest'
import { Ramp } from '../../../localstack/event-source/ramp.ts'

// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html

test('5 at first, 300 more each minute while all are in use', () => {
  const ramp = new Ramp(1_000)
  expect(ramp.places).toBe(5)
  expect(ramp.full(0)).toBe(200)
  expect(ramp.full(199)).toBe(1)
  expect(ramp.places).toBe(5)
  expect(ramp.full(200)).toBe(200)
  expect(ramp.places).toBe(6)
  ramp.full(60_000)
  expect(ramp.places).toBe(305)
})

test('nothing grows while a place is free', () => {
  const ramp = new Ramp(1_000)
  ramp.full(0)
  ramp.free()
  expect(ramp.full(10_000)).toBe(200)
  expect(ramp.places).toBe(5)
})

test('never more than the maximum concurrency, nor than 1,250', () => {
  const few = new Ramp(2)
  expect([few.places, few.full(0)]).toEqual([2, undefined])
  const six = new Ramp(6)
  six.full(0)
  expect([six.full(60_000), six.places]).toEqual([undefined, 6])
  const all = new Ramp(Number.POSITIVE_INFINITY)
  all.full(0)
  all.full(600_000)
  expect(all.places).toBe(1_250)
})

test('an empty queue begins again with 5', () => {
  const ramp = new Ramp(1_000)
  ramp.full(0)
  ramp.full(60_000)
  ramp.idle()
  expect(ramp.places).toBe(5)
  expect(ramp.full(61_000)).toBe(200)
})
