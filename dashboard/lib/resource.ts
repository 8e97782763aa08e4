import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { ApiError, load, type Problem } from './api.ts'
import { isLive, refreshes } from './live.ts'

/** Something that is loaded again and again. The last value stays while the next is on its way. */
export interface Resource<Value> {
  readonly value: Value | undefined
  readonly problem: Problem | undefined
  /** When the value came, epoch ms. */
  readonly at: number | undefined
  reload(): void
}

const everyMs = 2_500
const slowerMs = 15_000
/** Nobody has touched the page for so long. */
const idleMs = 60_000

let touchedAt = Date.now()
for (const type of ['pointerdown', 'keydown', 'pointermove']) {
  addEventListener(type, () => (touchedAt = Date.now()), { passive: true })
}

/** @param path undefined: nothing is loaded. @param once it is not loaded again by itself */
export function useResource<Value>(path: string | undefined, { once = false } = {}): Resource<Value> {
  const state = useSignal<{ path?: string; value?: Value; problem?: Problem; at?: number }>({})
  const reload = useRef(() => {})
  useEffect(() => {
    if (path === undefined) return
    const abort = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    let etag: string | null = null
    let failures = 0
    const next = async (): Promise<void> => {
      clearTimeout(timer)
      try {
        const answer = await load<Value>(path, etag, abort.signal)
        failures = 0
        etag = answer.etag
        const value = answer.unchanged ? state.value.value : answer.value
        if (!abort.signal.aborted) state.value = { path, ...(value !== undefined && { value }), at: Date.now() }
      } catch (error) {
        if (abort.signal.aborted) return
        failures++
        const problem = error instanceof ApiError ? error.problem : { title: 'Error', status: 0, detail: String(error) }
        const kept = state.value.path === path ? state.value : {}
        state.value = { ...kept, path, problem }
      }
      const pause = (Date.now() - touchedAt > idleMs ? slowerMs : everyMs) * 2 ** Math.min(failures, 4)
      if (!once) timer = setTimeout(tick, pause)
    }
    const tick = (): void => {
      if (isLive.value && document.visibilityState === 'visible') void next()
      else timer = setTimeout(tick, 1_000)
    }
    reload.current = () => void next()
    const stopWatching = refreshes.subscribe(() => void next())
    return () => {
      abort.abort()
      clearTimeout(timer)
      stopWatching()
    }
  }, [path, once])
  const own = state.value.path === path
  return {
    // Another range of the same page: the last value stays until the new one is there.
    value: own || samePage(state.value.path, path) ? state.value.value : undefined,
    problem: own ? state.value.problem : undefined,
    at: state.value.at,
    reload: () => reload.current(),
  }
}

function samePage(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a.split('?')[0] === b.split('?')[0]
}
