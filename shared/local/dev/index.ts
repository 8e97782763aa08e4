// `celeriac dev`: an app on this machine that reloads when it changes.
export type { AppModule } from './app-module.ts'
export { type DevOutput, outputForPeople, outputForPrograms } from './dev-output.ts'
export { type FormatOptions, formatEvent, formatLog, formatStatus } from './format.ts'
export { type RunDevOptions, runDev } from './run-dev.ts'
export { type Dev, type DevFacts, type DevOptions, type DevStatus, startDev } from './start-dev.ts'
