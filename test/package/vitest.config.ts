import { configDefaults } from 'vitest/config'
import base from '../base.config.ts'

/** What a new user does with the packed package. Installs from the registry. */
export default {
  ...base,
  test: { ...base.test, include: ['test/package/*.test.ts'], exclude: configDefaults.exclude, hookTimeout: 900_000 },
}
