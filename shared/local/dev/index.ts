// `celeriac dev`: an app on this machine that reloads when it changes.
export type { AppModule } from './app-module.ts'
export type { DevFacts, DevOptions, DevStatus } from './dev-options.ts'
export { type DevOutput, isTrouble, outputForPeople, outputForPrograms } from './dev-output.ts'
export { type FormatOptions, formatEvent, formatLog, formatStatus } from './format.ts'
export { type RunDevOptions, runDev } from './run-dev.ts'
export { type Dev, startDev } from './start-dev.ts'
