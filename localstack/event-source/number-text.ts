/** A number with its original text. Lambda compares numbers in filters as texts, so `300` and `3e2` differ. */
export class NumberText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g
/** Before numbers, and before texts that begin like one of these. */
const numberMark = '\u0000n'
const textMark = '\u0000t'

/** Parses JSON and keeps the text of numbers. @throws {SyntaxError} when the text is not JSON */
export function parseKeepingNumbers(text: string): unknown {
  JSON.parse(text)
  const marked = text.replace(stringOrNumber, (part) => {
    if (!part.startsWith('"')) return `"\\u0000n${part}"`
    return part.startsWith('"\\u0000') ? `"\\u0000t${part.slice(1)}` : part
  })
  return JSON.parse(marked, (_key, value: unknown) => {
    if (typeof value !== 'string') return value
    if (value.startsWith(numberMark)) return new NumberText(value.slice(numberMark.length))
    return value.startsWith(textMark) ? value.slice(textMark.length) : value
  })
}
