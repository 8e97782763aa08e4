import type { ComponentChildren } from 'preact'
import { visible } from '../lib/format.ts'

const mostItems = 200
const openDepth = 2

/** JSON as a tree that folds. Text that is not JSON is shown as it is. */
export function JsonView({ text, label }: { readonly text: string; readonly label: string }) {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return <pre class="json mono">{visible(text)}</pre>
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways, by keyboard, too
    <section class="json mono" tabIndex={0} aria-label={label}>
      <Node value={value} depth={0} />
    </section>
  )
}

function Node({ name, value, depth }: { readonly name?: string; readonly value: unknown; readonly depth: number }) {
  const key = name === undefined ? null : <span class="jk">{visible(name)}: </span>
  const tagged = taggedText(value)
  if (tagged !== undefined) {
    return (
      <>
        {key}
        <span class="jd">{tagged[1]}</span> <span class="tag">{tagged[0]}</span>
      </>
    )
  }
  if (typeof value !== 'object' || value === null) {
    return (
      <>
        {key}
        <Leaf value={value} />
      </>
    )
  }
  const isList = Array.isArray(value)
  const entries = isList ? value.map((item, index) => [String(index), item] as const) : Object.entries(value)
  const [open, close] = isList ? ['[', ']'] : ['{', '}']
  if (entries.length === 0)
    return (
      <>
        {key}
        {open + close}
      </>
    )
  return (
    <details open={depth < openDepth && entries.length <= 50}>
      <summary>
        {key}
        <span class="muted">
          {open}…{close} {entries.length}
        </span>
      </summary>
      <ul>
        {entries.slice(0, mostItems).map(([each, item]) => (
          <li key={each}>
            <Node {...(isList ? {} : { name: each })} value={item} depth={depth + 1} />
          </li>
        ))}
        {entries.length > mostItems && <li class="muted">{entries.length - mostItems} more</li>}
      </ul>
    </details>
  )
}

function Leaf({ value }: { readonly value: unknown }): ComponentChildren {
  if (value === '[redacted]') return <span class="jr">[redacted]</span>
  if (typeof value === 'string') return <span class="js">"{visible(value)}"</span>
  return <span class="jn">{String(value)}</span>
}

/** Values that JSON has no form for are stored as `{"$":"date","v":…}`. */
function taggedText(value: unknown): readonly [string, string] | undefined {
  if (typeof value !== 'object' || value === null || !('$' in value) || typeof value.$ !== 'string') return undefined
  if (!['date', 'bigint', 'number', 'undefined'].includes(value.$)) return undefined
  return [value.$, 'v' in value ? String(value.v) : 'undefined']
}
