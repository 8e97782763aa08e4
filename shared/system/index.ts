// The ports that every process has at hand: real time, real chance, and lines on standard error.
export { systemChance } from './chance.ts'
export { systemClock } from './clock.ts'
export { type ConsoleTelemetryOptions, consoleTelemetry } from './telemetry.ts'
