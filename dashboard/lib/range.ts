import { computed, signal } from '@preact/signals'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

export const ranges = {
  '15m': 15 * minuteMs,
  '1h': hourMs,
  '6h': 6 * hourMs,
  '24h': 24 * hourMs,
  '7d': 168 * hourMs,
  '14d': 336 * hourMs,
} as const
export type RangeName = keyof typeof ranges

export const rangeLabels: Readonly<Record<RangeName, string>> = {
  '15m': '15 m',
  '1h': '1 h',
  '6h': '6 h',
  '24h': '24 h',
  '7d': '7 d',
  '14d': '14 d',
}

/** The address is the state: this follows it. */
export const query = signal(new URLSearchParams(location.search))

/** The stretch of time in the address. */
export function rangeIn(usual: RangeName): RangeName {
  const name = query.value.get('t')
  return name !== null && name in ranges ? (name as RangeName) : usual
}

/** Changes the address without a step back for each. An empty value takes the word out. */
export function setQuery(changes: Readonly<Record<string, string | undefined>>, { step = false } = {}): void {
  const next = new URLSearchParams(location.search)
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === '') next.delete(name)
    else next.set(name, value)
  }
  const text = next.toString()
  const url = `${location.pathname}${text === '' ? '' : `?${text}`}`
  if (step) history.pushState(null, '', url)
  else history.replaceState(null, '', url)
  query.value = next
}

export const searchText = computed(() => query.value.get('q') ?? '')
