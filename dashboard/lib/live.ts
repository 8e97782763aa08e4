import { signal } from '@preact/signals'

/** The page loads anew by itself. */
export const isLive = signal(true)

/** Raised to load everything now. */
export const refreshes = signal(0)

export function refreshAll(): void {
  refreshes.value++
}

/** The time, for everything that says "3 s ago". */
export const now = signal(Date.now())
setInterval(() => {
  if (document.visibilityState === 'visible') now.value = Date.now()
}, 1_000)
