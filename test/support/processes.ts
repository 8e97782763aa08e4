export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Resolves when a condition holds; the operating system takes a moment to end processes. */
export async function until(holds: () => boolean, limitMs = 30_000): Promise<void> {
  const giveUpAt = performance.now() + limitMs
  while (!holds()) {
    if (performance.now() > giveUpAt) throw new Error('It did not come true in time.')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
