import { signal } from '@preact/signals'

export type Theme = 'system' | 'light' | 'dark'
const themes: readonly Theme[] = ['system', 'light', 'dark']
const name = 'celeriac-theme'

export const theme = signal<Theme>(themes.find((each) => each === localStorage.getItem(name)) ?? 'system')
/** Raised when colours changed: charts are drawn anew. */
export const paint = signal(0)

function apply(): void {
  document.documentElement.style.colorScheme = theme.value === 'system' ? 'light dark' : theme.value
  paint.value++
}

export function nextTheme(): void {
  theme.value = themes[(themes.indexOf(theme.value) + 1) % themes.length] ?? 'system'
  localStorage.setItem(name, theme.value)
  apply()
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', apply)
apply()

/** A colour of the style sheet, for canvas. */
export function colour(variable: string, probe: HTMLElement): string {
  probe.style.color = `var(${variable})`
  const value = getComputedStyle(probe).color
  probe.style.color = ''
  return value
}
