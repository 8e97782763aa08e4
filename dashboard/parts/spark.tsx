const height = 26

/** A line without axes. Its numbers stand beside it, so it says nothing to screen readers. */
export function Spark({ values, kind }: { readonly values: readonly number[]; readonly kind: string }) {
  if (values.length < 2) return <svg class={`spark ${kind}`} aria-hidden="true" />
  const most = Math.max(...values, 1e-9)
  const points = values.map(
    (value, index) =>
      `${((index / (values.length - 1)) * 100).toFixed(2)} ${(height - 1 - (value / most) * (height - 3)).toFixed(2)}`,
  )
  const line = `M${points.join('L')}`
  return (
    <svg class={`spark ${kind}`} viewBox={`0 0 100 ${height}`} preserveAspectRatio="none" aria-hidden="true">
      <path class="f" d={`${line}L100 ${height}L0 ${height}Z`} />
      <path d={line} />
    </svg>
  )
}
