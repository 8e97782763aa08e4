import base from '../base.config.ts'

/** The port contracts on an engine: `AWS_ENDPOINT_URL=… npx vitest run --config test/deploy/vitest.config.ts`. */
export default { ...base, test: { ...base.test, include: ['test/deploy/*.deploy.ts'] } }
