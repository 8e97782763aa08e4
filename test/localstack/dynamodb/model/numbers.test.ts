import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addNumbers,
  compareNumbers,
  normalNumber,
  sortableNumber,
} from '../../../../localstack/dynamodb/model/numbers.ts'

describe('normal form', () => {
  it.each([
    ['007', '7'],
    ['-0', '0'],
    ['1.10', '1.1'],
    ['1e3', '1000'],
    ['+5', '5'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['-12.3E-2', '-0.123'],
    ['1000000000000000000000', '1000000000000000000000'],
    ['1e-130', `0.${'0'.repeat(129)}1`],
    ['9.9999999999999999999999999999999999999E+125', `${'9'.repeat(38)}${'0'.repeat(88)}`],
  ])('%s is %s', (text, normal) => expect(normalNumber(text)).toBe(normal))

  it.each([
    ['abc', 'The parameter cannot be converted to a numeric value: abc'],
    ['', 'The parameter cannot be converted to a numeric value'],
    ['NaN', 'The parameter cannot be converted to a numeric value: NaN'],
    ['1'.repeat(39), 'Attempting to store more than 38 significant digits in a Number'],
    ['1e126', 'Number overflow. Attempting to store a number with magnitude larger than supported range'],
    ['1e-131', 'Number underflow. Attempting to store a number with magnitude smaller than supported range'],
  ])('%s is refused', (text, message) => expect(() => normalNumber(text)).toThrow(message))
})

const decimal = fc
  .tuple(fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }), fc.integer({ min: -60, max: 60 }))
  .map(([digits, power]) => normalNumber(`${digits}e${power}`))
/** As whole numbers of the place 10^-100. */
const exact = (text: string): bigint => {
  const [whole = '', fraction = ''] = text.split('.')
  return BigInt(whole + fraction.padEnd(100, '0'))
}

it('orders and sorts as the values do', () => {
  fc.assert(
    fc.property(decimal, decimal, (a, b) => {
      const sign = (order: number): number => Math.sign(order)
      const expected = exact(a) === exact(b) ? 0 : exact(a) < exact(b) ? -1 : 1
      const [x, y] = [sortableNumber(a), sortableNumber(b)]
      expect(sign(compareNumbers(a, b))).toBe(expected)
      expect(x === y ? 0 : x < y ? -1 : 1).toBe(expected)
    }),
  )
})

it('adds and subtracts exactly, or says that the digits do not suffice', () => {
  fc.assert(
    fc.property(decimal, decimal, fc.constantFrom(1 as const, -1 as const), (a, b, sign) => {
      const sum = exact(a) + BigInt(sign) * exact(b)
      const digits = sum.toString().replace(/^-|0+$/g, '').length
      if (digits > 38) expect(() => addNumbers(a, b, sign)).toThrow('38 significant digits')
      else expect(exact(addNumbers(a, b, sign))).toBe(sum)
    }),
  )
})
