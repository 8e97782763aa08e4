// Lambda on this machine: functions whose execution environments are child processes that speak the Runtime API.
export { type FunctionCode, type FunctionOptions, LambdaFunction } from './function.ts'
export { type FunctionError, failed, InitError, type InvokeResult } from './invoke-result.ts'
export { payloadBytes } from './limits.ts'
export type { LogLine } from './log-line.ts'
