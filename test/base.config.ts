import { fileURLToPath } from 'node:url'
import { configDefaults, type ViteUserConfig } from 'vitest/config'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** What all configurations of the tests share. */
export default {
  resolve: {
    alias: [
      { find: /^celeriac$/, replacement: at('../shared/index.ts') },
      { find: /^celeriac\/(worker|container|local|testing|dashboard|cdk)$/, replacement: at('../shared/$1.ts') },
    ],
  },
  test: {
    // Real processes on a shared machine may be slow once; what fails twice is broken.
    retry: process.env.CI ? 1 : 0,
    // The main thread only waits.
    maxWorkers: '100%',
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
} satisfies ViteUserConfig

/** The tests of `npm run test:system`: they start processes or take seconds of processor time. */
export const system = ['test/**/*.system.test.ts']

/** Suites with a command of their own: npm run test:package, npm run test:deaths. */
const apart = ['test/package/**', 'test/deaths/**']

/** The tests of `npm test`. */
export const fast = { include: ['test/**/*.test.ts'], exclude: [...configDefaults.exclude, ...apart, ...system] }
