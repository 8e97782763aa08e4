export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

export function whole(value: number): string {
  return Number.isFinite(value) ? Math.round(value).toLocaleString('en-US') : '-'
}

/** `1.53 (1.40 to 1.61)`: the median and how far single rounds are from it. */
export function ratioText(ratios: readonly number[]): string {
  if (ratios.length === 0) return '-'
  const digits = (value: number) => value.toFixed(value < 10 ? 2 : 0)
  return `${digits(median(ratios))} (${digits(Math.min(...ratios))} to ${digits(Math.max(...ratios))})`
}
