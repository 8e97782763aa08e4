import base from '../base.config.ts'

/** The tests that have to notice a mutant of shared/core: its own, which are quick and need no world around them. */
export default {
  ...base,
  test: {
    ...base.test,
    include: ['test/core/*.test.ts'],
    retry: 0,
  },
}
