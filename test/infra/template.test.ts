import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { deploy } from './fixture.ts'
import { summary } from './summary.ts'

const recommended = JSON.parse(
  readFileSync(
    join(dirname(createRequire(import.meta.url).resolve('aws-cdk-lib/package.json')), 'recommended-feature-flags.json'),
    'utf8',
  ),
) as Record<string, unknown>
const off = Object.fromEntries(Object.keys(recommended).map((flag) => [flag, false]))

it('is what a reviewer has read', async () => {
  await expect(`${summary(deploy().template())}\n`).toMatchFileSnapshot('template.txt')
})

it('is the same with all of the CDK’s recommended flags and with none', () => {
  const withFlags = summary(deploy({}, { cdk: { context: recommended } }).template())
  const without = summary(deploy({}, { cdk: { context: off } }).template())
  expect(without).toBe(withFlags)
})
