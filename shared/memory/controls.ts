import type { Controls, QueueControl } from '../ports/index.ts'

/** The controls port in memory. */
export function createMemoryControls(): Controls {
  const controls = new Map<string, QueueControl>()
  return {
    async read(queue) {
      return controls.get(queue) ?? {}
    },
    async write(queue, control) {
      controls.set(queue, Object.freeze({ ...control }))
    },
  }
}
