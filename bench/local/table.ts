import Table from 'cli-table3'

/** A table of numbers below a line that says what they are. */
export function printTable(
  title: string,
  head: readonly string[],
  rows: readonly (readonly [string, ...string[]])[],
): void {
  const table = new Table({
    head: [...head],
    colAligns: ['left', ...head.slice(1).map(() => 'right' as const)],
    style: { head: [], border: [], compact: true },
  })
  table.push(...rows.map((row) => [...row]))
  console.log(`\n${title}\n${table.toString()}`)
}
