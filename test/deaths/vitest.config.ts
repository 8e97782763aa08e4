import { configDefaults } from 'vitest/config'
import base from '../base.config.ts'

/** Minutes long: processes of every kind are killed while tasks run. */
export default {
  ...base,
  test: {
    ...base.test,
    include: ['test/deaths/*.test.ts'],
    exclude: configDefaults.exclude,
    retry: 0,
    testTimeout: 900_000,
    hookTimeout: 60_000,
    // Progress is for whoever waits.
    disableConsoleIntercept: true,
  },
}
