import { expect, test } from 'vitest'
import { readBatchResponse } from '../../../localstack/event-source/index.ts'

// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html, "Success and failure conditions"
const ids = new Set(['a', 'b', 'c'])

test.each([
  ['no answer', 'null'],
  ['an empty answer', '{}'],
  ['an empty text', ''],
  ['an empty list', '{"batchItemFailures":[]}'],
  ['null for a list', '{"batchItemFailures":null}'],
  ['something else', '{"statusCode":200}'],
])('%s is a complete success', (_what, payload) => {
  expect(readBatchResponse(payload, ids)).toEqual({ status: 'partial', failed: new Set() })
})

test('the ids that are named come again, each once', () => {
  const payload = '{"batchItemFailures":[{"itemIdentifier":"b"},{"itemIdentifier":"c"},{"itemIdentifier":"b"}]}'
  expect(readBatchResponse(payload, ids)).toEqual({ status: 'partial', failed: new Set(['b', 'c']) })
})

test.each([
  ['no JSON', '{"batchItemFailures"', 'expected JSON'],
  ['a text', '"done"', "expected an object with 'batchItemFailures', received a string"],
  ['a list', '[]', "expected an object with 'batchItemFailures', received a list"],
  ['an object for a list', '{"batchItemFailures":{}}', 'batchItemFailures: expected a list, received a object'],
  ['an empty id', '{"batchItemFailures":[{"itemIdentifier":""}]}', 'received {"itemIdentifier":""}'],
  ['a null id', '{"batchItemFailures":[{"itemIdentifier":null}]}', 'received {"itemIdentifier":null}'],
  ['a number for an id', '{"batchItemFailures":[{"itemIdentifier":1}]}', 'received {"itemIdentifier":1}'],
  ['another key', '{"batchItemFailures":[{"messageId":"a"}]}', 'received {"messageId":"a"}'],
  ['a bare id', '{"batchItemFailures":["a"]}', 'received "a"'],
  ['null for an item', '{"batchItemFailures":[null]}', 'received null'],
  ['an id of another batch', '{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"z"}]}', "received 'z'"],
  ['a name of Object.prototype', '{"batchItemFailures":[{"itemIdentifier":"__proto__"}]}', "received '__proto__'"],
])('%s is a complete failure', (_what, payload, reason) => {
  expect(readBatchResponse(payload, ids)).toEqual({ status: 'malformed', reason: expect.stringContaining(reason) })
})
