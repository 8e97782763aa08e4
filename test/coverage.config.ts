import base from './base.config.ts'

/** The tests that need no process, socket or service beside them: they alone reach every branch of core and worker. */
const folders = ['core', 'celery', 'client', 'worker', 'histories', 'memory', 'testing', 'system']

/** A branch of core or worker without a test fails it. */
export default {
  ...base,
  test: {
    ...base.test,
    include: folders.map((folder) => `test/${folder}/**/*.test.ts`),
    retry: 0,
    coverage: {
      enabled: true,
      include: ['shared/core/**/*.ts', 'shared/worker/**/*.ts'],
      reporter: ['text'] as const,
      thresholds: {
        'shared/core/**': { branches: 100 },
        'shared/worker/**': { branches: 100 },
      },
    },
  },
}
