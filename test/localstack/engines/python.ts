import { findPython } from '../../../localstack/engines/requirements.ts'

/** A Python that can run the scripts under test, or `undefined`. */
export const python = (
  await findPython({ accepts: ([major = 0, minor = 0]) => major === 3 && minor >= 10, names: ['python3'] })
)?.file
