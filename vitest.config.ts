import { defineConfig } from 'vitest/config'
import base, { fast } from './test/base.config.ts'

const infra = 'test/infra/**/*.test.ts'

/** The fast tests. The slow ones are in test/system.config.ts. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    projects: [
      { extends: true, test: { name: 'fast', ...fast, exclude: [...fast.exclude, infra] } },
      // Its files share a process: to load the CDK and its validation takes seven seconds of processor time.
      { extends: true, test: { name: 'infra', ...fast, include: [infra], isolate: false } },
    ],
  },
})
