/** The name that was probably meant: at most a third of it mistyped. */
export function nearest(typed: string, names: Iterable<string>): string | undefined {
  let best: string | undefined
  let least = Math.max(2, Math.floor(typed.length / 3)) + 1
  for (const name of names) {
    const distance = distanceOf(typed.toLowerCase(), name.toLowerCase())
    if (distance < least) {
      least = distance
      best = name
    }
  }
  return best
}

/** Levenshtein's: insertions, deletions and replacements from one text to the other. */
function distanceOf(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}

/** " Did you mean 'x'?", or the list of names. */
export function didYouMean(typed: string, names: readonly string[]): string {
  const name = nearest(typed, names)
  if (name !== undefined) return ` Did you mean '${name}'?`
  const listed = names.slice(0, 10).map((each) => `'${each}'`)
  return names.length === 0 ? '' : ` There are ${listed.join(', ')}${names.length > 10 ? ' and more' : ''}.`
}
