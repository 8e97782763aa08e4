import base, { system } from './base.config.ts'

/** Tests that start processes or take seconds of processor time: `npm run test:system`. */
export default { ...base, test: { ...base.test, include: system } }
