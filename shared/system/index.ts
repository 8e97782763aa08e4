// The ports that every process has at hand: real time, real randomness, and lines on standard error.

export { systemClock } from './clock.ts'
export { systemRandom } from './random.ts'
export { type ConsoleTelemetryOptions, consoleTelemetry } from './telemetry.ts'
