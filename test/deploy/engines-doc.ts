import { engineNames } from '../../localstack/engines/engine.ts'
import { type Gap, gaps, knownGap } from './gaps.ts'
import { probes } from './probe-place.ts'

const begin = '<!-- written by test/deploy/write-engines-doc.ts: begin -->'
const end = '<!-- end -->'

/** docs/engines.md with its tables as probes and gaps have them. */
export function withTables(page: string): string {
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from < 0 || to < from) throw new Error(`docs/engines.md: expected "${begin}" and, after it, "${end}".`)
  return `${page.slice(0, from + begin.length)}\n\n${behaviours()}\n\n${differences()}\n\n${page.slice(to)}`
}

/** What is asked of every engine at each run, and which do as AWS does. */
function behaviours(): string {
  const rows = probes.map(({ id, aws, source }) => [
    `[${cell(aws)}](${source})`,
    ...engineNames.map((name) => (knownGap(name, id) === undefined ? 'as AWS' : 'differs')),
  ])
  return `## What is asked at each run\n\n${table(['AWS', ...engineNames], rows)}`
}

function differences(): string {
  const rows = gaps.map((gap) => [aboutAws(gap), gap.engines.join(', '), cell(gap.seen), cell(gap.around)])
  return `## Where they differ\n\n${table(['AWS', 'engine', 'what it does', 'what follows'], rows)}`
}

function aboutAws({ about }: Gap): string {
  const { aws, source } = typeof about === 'string' ? probeNamed(about) : about
  return `[${cell(aws)}](${source})`
}

function probeNamed(id: string) {
  const probe = probes.find((each) => each.id === id)
  if (!probe) throw new Error(`gaps.ts names the probe "${id}", which does not exist.`)
  return probe
}

const cell = (text: string) => text.replaceAll('|', '\\|')

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
