import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { openApiText } from '../../shared/dashboard/openapi.ts'

it('docs/openapi.json is what the table of routes says (npm run build:openapi)', () => {
  const checkedIn: unknown = JSON.parse(readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8'))
  expect(checkedIn).toEqual(JSON.parse(openApiText()))
})
