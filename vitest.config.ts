import { fileURLToPath } from 'node:url'
import { configDefaults, defineConfig } from 'vitest/config'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  resolve: {
    alias: [
      { find: /^celeriac$/, replacement: at('./shared/index.ts') },
      { find: /^celeriac\/(worker|container|local|testing|dashboard|cdk)$/, replacement: at('./shared/$1.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    // Installs from the registry: npm run test:package. Takes minutes: npm run test:deaths.
    exclude: [...configDefaults.exclude, 'test/package/**', 'test/deaths/**'],
    // Real processes on a shared machine may be slow once; what fails twice is broken.
    retry: process.env.CI ? 1 : 0,
    // The main thread only waits.
    maxWorkers: '100%',
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
})
