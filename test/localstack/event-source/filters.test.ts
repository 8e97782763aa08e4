import type { SQSRecord } from 'aws-lambda'
import { describe, expect, test } from 'vitest'
import { compileFilters } from '../../../localstack/event-source/index.ts'

// https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html

function recordOf(body: string): SQSRecord {
  return {
    messageId: 'm-1',
    receiptHandle: 'r',
    body,
    attributes: {
      ApproximateReceiveCount: '2',
      SentTimestamp: '1',
      SenderId: 's',
      ApproximateFirstReceiveTimestamp: '1',
    },
    messageAttributes: {
      kind: { stringValue: 'order.new', stringListValues: [], binaryListValues: [], dataType: 'String' },
    },
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:q',
    awsRegion: 'us-east-1',
  }
}

/** A pattern for the body, bodies that fit, bodies that do not. */
type Case = readonly [rule: string, pattern: unknown, fits: readonly unknown[], others: readonly unknown[]]

const cases: readonly Case[] = [
  ['equals', { city: ['Rome'] }, [{ city: 'Rome', more: 1 }], [{ city: 'rome' }, { city: null }, {}, []]],
  ['any of several', { city: ['Rome', 'Oslo'] }, [{ city: 'Oslo' }], [{ city: 'Bern' }]],
  ['empty', { city: [''] }, [{ city: '' }], [{ city: ' ' }, {}]],
  ['null', { city: [null] }, [{ city: null }], [{ city: 'null' }, {}]],
  ['boolean', { paid: [true] }, [{ paid: true }], [{ paid: 'true' }, { paid: 1 }, { paid: false }]],
  ['number', { n: [300] }, [{ n: 300 }], [{ n: '300' }, { n: 301 }]],
  ['and: all fields', { a: ['x'], b: ['y'] }, [{ a: 'x', b: 'y' }], [{ a: 'x' }, { a: 'x', b: 'z' }]],
  ['nested fields', { a: { b: ['x'] } }, [{ a: { b: 'x' } }], [{ a: 'x' }, { b: 'x' }, { a: { b: { c: 'x' } } }]],
  ['or of fields', { $or: [{ a: ['x'] }, { b: ['y'] }] }, [{ a: 'x' }, { b: 'y' }], [{ a: 'y', b: 'x' }]],
  ['or beside and', { c: [1], $or: [{ a: ['x'] }, { b: ['y'] }] }, [{ c: 1, a: 'x' }], [{ a: 'x' }, { c: 1 }]],
  ['prefix', { a: [{ prefix: 'ord' }] }, [{ a: 'order' }, { a: 'ord' }], [{ a: 'Order' }, { a: 'xord' }, { a: 1 }, {}]],
  ['suffix', { a: [{ suffix: '.png' }] }, [{ a: 'x.png' }], [{ a: 'x.png ' }, {}]],
  ['equals-ignore-case', { a: [{ 'equals-ignore-case': 'Ada' }] }, [{ a: 'aDA' }], [{ a: 'adam' }, {}]],
  ['anything-but a text', { a: [{ 'anything-but': 'x' }] }, [{ a: 'y' }, { a: 1 }], [{ a: 'x' }, {}]],
  ['anything-but several', { a: [{ 'anything-but': ['x', 5] }] }, [{ a: 'y' }, { a: '5' }], [{ a: 'x' }, { a: 5 }, {}]],
  ['numeric equals', { n: [{ numeric: ['=', 100] }] }, [{ n: 100 }], [{ n: '100' }, { n: 99 }, {}]],
  ['numeric range', { n: [{ numeric: ['>', 10, '<=', 20] }] }, [{ n: 10.5 }, { n: 20 }], [{ n: 10 }, { n: 20.1 }]],
  ['exists', { a: [{ exists: true }] }, [{ a: 1 }, { a: null }, { a: '' }], [{ b: 1 }, { a: { b: 1 } }]],
  ['does not exist', { a: [{ exists: false }] }, [{ b: 1 }, {}, { a: { b: 1 } }], [{ a: 1 }, { a: null }]],
  ['exists within what is not there', { a: { b: [{ exists: false }] } }, [{}, { a: {} }], [{ a: { b: 1 } }]],
  ['a list holds one that fits', { a: ['x'] }, [{ a: ['w', 'x'] }, { a: [['x']] }], [{ a: [] }, { a: ['w'] }]],
  ['one entry fits in all', { a: { b: [1], c: [2] } }, [{ a: [{ b: 1, c: 2 }] }], [{ a: [{ b: 1 }, { c: 2 }] }]],
]

describe.each(cases)('%s', (_rule, pattern, fits, others) => {
  const filter = compileFilters([{ body: pattern }])
  test.each(fits.map((each) => JSON.stringify(each)))('%s fits', (body) => expect(filter(recordOf(body))).toBe(true))
  test.each(others.map((each) => JSON.stringify(each)))('%s does not', (body) => {
    expect(filter(recordOf(body))).toBe(false)
  })
})

test('equal numbers are those that are written alike; numeric compares what they are', () => {
  const equal = compileFilters(['{"body":{"n":[300]}}'])
  const numeric = compileFilters(['{"body":{"n":[{"numeric":["=",300]}]}}'])
  for (const written of ['300.0', '3e2', '3.0E+2']) {
    const record = recordOf(`{"n":${written},"text":"a \\"300\\" \\u0000n5"}`)
    expect([equal(record), numeric(record)]).toEqual([false, true])
  }
  expect(compileFilters([{ body: { text: ['\u0000n5'] } }])(recordOf('{"text":"\\u0000n5"}'))).toBe(true)
})

test('a body of the other kind fits nothing', () => {
  const structured = compileFilters([{ body: { a: [{ exists: false }] } }])
  expect(['{}', 'plain', '5', '"text"', '{broken'].map((body) => structured(recordOf(body)))).toEqual([
    true,
    false,
    false,
    false,
    false,
  ])
  const plain = compileFilters([{ body: [{ prefix: '{' }, 'hello', { prefix: 'he' }] }])
  expect(['hello', 'help', '{broken', '{}', '["hello"]'].map((body) => plain(recordOf(body)))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ])
})

test('other fields of the record, whatever the body is', () => {
  const filter = compileFilters([
    {
      messageAttributes: { kind: { stringValue: [{ prefix: 'order.' }] } },
      attributes: { ApproximateReceiveCount: ['2'] },
    },
  ])
  expect(filter(recordOf('plain'))).toBe(true)
  expect(filter({ ...recordOf('plain'), messageAttributes: {} })).toBe(false)
})

test('one pattern is enough, and without any all fit', () => {
  const filter = compileFilters([{ body: { a: ['x'] } }, { body: ['plain'] }])
  expect(['{"a":"x"}', 'plain', 'other'].map((body) => filter(recordOf(body)))).toEqual([true, true, false])
  expect(compileFilters([])(recordOf('x'))).toBe(true)
})

test.each<[unknown, string]>([
  ['{', 'filters[0]: '],
  ['[]', 'filters[0]: expected fields'],
  [{ body: 'x' }, `filters[0]: body: expected a list, such as ['a'], or fields, received "x".`],
  [{ body: {} }, 'filters[0]: body: expected fields, received {}.'],
  [{ body: { a: [] } }, 'filters[0]: body.a: expected a list with one entry or more, received [].'],
  [{ body: { a: [['x']] } }, 'filters[0]: body.a: expected texts, numbers, booleans, null or rules, received ["x"].'],
  [{ body: { a: [{ wildcard: '*' }] } }, 'filters[0]: body.a: expected prefix, suffix,'],
  [{ body: { a: [{ prefix: 'x', suffix: 'y' }] } }, 'filters[0]: body.a: expected one rule in each object'],
  [{ body: { a: [{ prefix: 1 }] } }, 'filters[0]: body.a: prefix: expected a text, received 1.'],
  [{ body: { a: [{ exists: 'yes' }] } }, 'filters[0]: body.a: exists: expected true or false, received "yes".'],
  [{ body: { a: [{ 'anything-but': [] }] } }, 'anything-but: expected a text, a number'],
  [{ body: { a: [{ 'anything-but': { prefix: 'x' } }] } }, 'anything-but: expected a text, a number'],
  [{ body: { a: [{ numeric: ['>'] }] } }, 'numeric: expected comparisons'],
  [{ body: { a: [{ numeric: ['~', 1] }] } }, 'numeric: expected comparisons'],
  [
    { body: { a: [{ numeric: ['>', '1'] }] } },
    `numeric: expected comparisons, such as ['>', 0, '<=', 5], received [">","1"].`,
  ],
  [{ body: { $or: [{ a: ['x'] }] } }, 'body.$or: expected a list of two patterns or more'],
  [{ body: ['x'.repeat(4_096)] }, 'filters[0]: expected at most 4096 characters'],
])('%j is refused', (pattern, message) => {
  expect(() => compileFilters([pattern])).toThrow(message)
})

test('six patterns are refused', () => {
  expect(() =>
    compileFilters(
      Array.from({ length: 6 }, () => ({ body: ['x'] })),
      'filters.orders',
    ),
  ).toThrow('filters.orders: expected at most 5 patterns, received 6.')
})
