import { expect, test } from 'vitest'
import { md5Sums, noSums } from '../../../../localstack/sqs/model/md5.ts'

const text = (StringValue: string) => ({ DataType: 'String', StringValue })

test('MD5 of a body is that of its UTF-8 bytes', () => {
  expect(md5Sums.ofBody('hello')).toBe('5d41402abc4b2a76b9719d911017c592')
  expect(md5Sums.ofBody('é')).toBe('66ddcd97cfdeabb2f6fb8a999b4bc76f')
})

// Digests that SQS itself gave for these attributes.
test.each([
  ['a311262e065454b75da111d535b8dacd', { Hello: text('There') }],
  ['fca026605781cb4126a1e9044df24232', { Hello: text('There'), General: text('Kenobi') }],
  ['4c360f3fdafd970e05fae2f149d997f5', { Hello: text('There'), General: text('Kenobi'), 'Help.Me': text('Me') }],
  [
    '8cbe4db156db8a94db8b801b7addb984',
    {
      attr1: {
        DataType: 'Binary',
        BinaryValue: Buffer.from('traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01'),
      },
    },
  ],
])('MD5 of attributes is %s as on SQS', (digest, attributes) => {
  expect(md5Sums.ofAttributes(attributes)).toBe(digest)
})

test('the order in which attributes were given does not matter', () => {
  const [given, sorted] = [
    { b: text('1'), a: text('2') },
    { a: text('2'), b: text('1') },
  ].map(md5Sums.ofAttributes)
  expect(given).toBe(sorted)
})

test('a model that nobody reaches by a wire makes none', () => {
  expect([noSums.ofBody('hello'), noSums.ofAttributes({ Hello: text('There') })]).toEqual(['', ''])
})
