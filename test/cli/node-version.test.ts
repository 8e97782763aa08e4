import { expect, it } from 'vitest'
import { nodeProblem } from '../../cli/node-version.ts'

it.each(['20.19.0', '20.20.2', '21.0.0', '22.1.0', '24.0.0'])('Node %s will do', (version) => {
  expect(nodeProblem(version)).toBeUndefined()
})

it.each(['16.20.2', '18.20.8', '20.18.3'])('Node %s is too old, and is told so in one paragraph', (version) => {
  expect(nodeProblem(version)).toMatch(
    new RegExp(`^Celeriac needs Node 20\\.19 or newer, and this is Node ${version}\\..*$`),
  )
})
