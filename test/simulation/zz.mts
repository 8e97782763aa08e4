import { planOf, simulate } from './simulate.ts'
Error.stackTraceLimit = 0
for (let s = 1400; s < 4000; s++) {
  const plan = planOf(String(s))
  if (plan.weather.skewMs === undefined) continue
  if (plan.steps.length > 40) continue
  const t = Date.now()
  const h = await simulate(plan)
  const ms = Date.now() - t
  if (ms > 1500 || h.violations.length) console.log(s, ms, h.journal.changes.length, h.violations[0]?.message.slice(0, 200))
}
