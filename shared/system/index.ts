// The ports of a real process: its clock, its randomness, and log lines on standard error.

export { systemClock } from './clock.ts'
export { systemRandom } from './random.ts'
export { type ConsoleTelemetryOptions, consoleTelemetry } from './telemetry.ts'
