/**
 * A number with its noun, in the plural where there is not exactly one.
 *
 * @example
 * counted(1, 'attempt') // '1 attempt'
 * counted(3, 'batch', 'batches') // '3 batches'
 */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`
}
