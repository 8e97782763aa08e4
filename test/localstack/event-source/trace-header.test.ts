import { expect, test } from 'vitest'
import { traceHeader } from '../../../localstack/event-source/trace-header.ts'

const arn = 'arn:aws:lambda:us-east-1:000000000000:function:shop-emails'
const message = (AWSTraceHeader?: string) => ({
  MessageId: 'm',
  ReceiptHandle: 'r',
  Body: '',
  MD5OfBody: '',
  Attributes: AWSTraceHeader === undefined ? {} : { AWSTraceHeader },
})

test('an invocation has a trace of its own, and counts the hops that led to it', () => {
  const first = traceHeader([message()], arn, 1_735_689_600_000)
  expect(first).toMatch(/^Root=1-67748580-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;Lineage=1:[0-9a-f]{8}:1$/)
  const second = traceHeader([message(), message(first)], arn, 1_735_689_600_000)
  expect(second).toMatch(/:2$/)
  expect(second.slice(0, 37)).not.toBe(first.slice(0, 37))
  expect(traceHeader([message(first)], `${arn}-other`, 0)).toMatch(/:1$/)
  expect(traceHeader([message('Root=1;Lineage=garbage')], arn, 0)).toMatch(/:1$/)
})
