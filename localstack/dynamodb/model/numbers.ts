import { validation } from './errors.ts'

/** A decimal number: digits without leading or trailing zeros, value = 0.DIGITS × 10^exponent. Zero has no digits. */
export interface Decimal {
  negative: boolean
  digits: string
  exponent: number
}

const MAX_DIGITS = 38
/** Magnitudes from 1E-130 up to 9.99…E+125. */
const MAX_EXPONENT = 126
const MIN_EXPONENT = -129

const PLAIN = /^(?:0|-?[1-9]\d{0,14})$/
const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/

const overflow = () =>
  validation('Number overflow. Attempting to store a number with magnitude larger than supported range')
const underflow = () =>
  validation('Number underflow. Attempting to store a number with magnitude smaller than supported range')

/**
 * The one form in which a number is stored and answered: no exponent, no needless zeros.
 *
 * @throws DynamoDbError when it is not a number, has more than 38 digits, or is too large or too small
 */
export function normalNumber(text: string): string {
  if (PLAIN.test(text) && !text.endsWith('0')) return text
  return numberText(parseNumber(text))
}

/** @throws DynamoDbError as `normalNumber` */
export function parseNumber(text: string): Decimal {
  const match = DECIMAL.exec(text)
  const [, sign = '', whole = '', fraction = '', power = '0'] = match ?? []
  if (match === null || whole.length + fraction.length === 0) {
    const said = text === '' ? '' : `: ${text}`
    throw validation(`The parameter cannot be converted to a numeric value${said}`)
  }
  return limited(decimal(sign === '-', whole + fraction, whole.length + Number(power)))
}

function decimal(negative: boolean, allDigits: string, exponent: number): Decimal {
  let first = 0
  while (allDigits[first] === '0') first += 1
  let end = allDigits.length
  while (end > first && allDigits[end - 1] === '0') end -= 1
  const digits = allDigits.slice(first, end)
  return digits === '' ? { negative: false, digits, exponent: 0 } : { negative, digits, exponent: exponent - first }
}

function limited(number: Decimal): Decimal {
  if (number.digits === '') return number
  if (number.exponent > MAX_EXPONENT) throw overflow()
  if (number.exponent < MIN_EXPONENT) throw underflow()
  if (number.digits.length > MAX_DIGITS) {
    throw validation('Attempting to store more than 38 significant digits in a Number')
  }
  return number
}

export function numberText({ negative, digits, exponent }: Decimal): string {
  if (digits === '') return '0'
  const sign = negative ? '-' : ''
  if (exponent <= 0) return `${sign}0.${'0'.repeat(-exponent)}${digits}`
  if (exponent >= digits.length) return sign + digits.padEnd(exponent, '0')
  return `${sign}${digits.slice(0, exponent)}.${digits.slice(exponent)}`
}

/** Below zero, zero or above, for two numbers in normal form. */
export function compareNumbers(a: string, b: string): number {
  if (a === b) return 0
  if (a.length <= 15 && b.length <= 15) return Number(a) - Number(b)
  return sortableNumber(a) < sortableNumber(b) ? -1 : 1
}

/** Text that sorts as the number does. */
export function sortableNumber(text: string): string {
  const { negative, digits, exponent } = parseNumber(text)
  if (digits === '') return '1'
  const power = exponent - MIN_EXPONENT
  if (!negative) return `2${String(power).padStart(3, '0')}${digits}`
  let complement = ''
  for (const digit of digits) complement += 9 - Number(digit)
  // The end mark makes -12 follow -12.3, whose digits go on.
  return `0${999 - power}${complement}~`
}

/** The sum of two numbers in normal form; `sign` -1 subtracts the second. */
export function addNumbers(a: string, b: string, sign: 1 | -1): string {
  if (a.length <= 15 && b.length <= 15 && !a.includes('.') && !b.includes('.')) {
    return String(Number(a) + sign * Number(b))
  }
  const [left, right] = [parseNumber(a), parseNumber(b)]
  if (right.digits === '') return a
  if (left.digits === '') return sign === 1 ? b : numberText({ ...right, negative: !right.negative })
  // Both as whole numbers of the smaller last place.
  const place = Math.min(left.exponent - left.digits.length, right.exponent - right.digits.length)
  const sum = scaled(left, place) + BigInt(sign) * scaled(right, place)
  const digits = (sum < 0n ? -sum : sum).toString()
  return numberText(limited(decimal(sum < 0n, digits, digits.length + place)))
}

function scaled({ negative, digits, exponent }: Decimal, place: number): bigint {
  const whole = BigInt(digits) * 10n ** BigInt(exponent - digits.length - place)
  return negative ? -whole : whole
}
