import { type Clock, clockPort } from './clock.ts'
import { type Controls, controlsPort } from './controls.ts'
import { type Due, duePort } from './due.ts'
import { type Inputs, inputsPort } from './inputs.ts'
import type { PortTable } from './port.ts'
import { type Queues, queuesPort } from './queues.ts'
import { type Random, randomPort } from './random.ts'
import { type Records, recordsPort } from './records.ts'
import { type Schedules, schedulesPort } from './schedules.ts'
import { type Statistics, statisticsPort } from './statistics.ts'
import { type Telemetry, telemetryPort } from './telemetry.ts'
import { type Ticks, ticksPort } from './ticks.ts'

/** The table's ports and the queues: calls of these leave the process. */
export interface ServicePorts {
  readonly records: Records
  readonly inputs: Inputs
  readonly statistics: Statistics
  readonly controls: Controls
  readonly queues: Queues
  readonly due: Due
  readonly schedules: Schedules
  readonly ticks: Ticks
}

/** What the process itself has. */
export interface LocalPorts {
  readonly clock: Clock
  readonly random: Random
  readonly telemetry: Telemetry
}

/** All that client and worker need of the world. */
export interface Ports extends ServicePorts, LocalPorts {}

type Tables<Each> = { readonly [Name in keyof Each & string]: PortTable<Each[Name], Name> }

export const servicePorts = {
  records: recordsPort,
  inputs: inputsPort,
  statistics: statisticsPort,
  controls: controlsPort,
  queues: queuesPort,
  due: duePort,
  schedules: schedulesPort,
  ticks: ticksPort,
} as const satisfies Tables<ServicePorts>

export const localPorts = {
  clock: clockPort,
  random: randomPort,
  telemetry: telemetryPort,
} as const satisfies Tables<LocalPorts>

export type { RecordChange } from '../core/transitions.ts'
export type { SendAnswer, WriteAnswer } from './answers.ts'
export type { Clock } from './clock.ts'
export type { Controls, QueueControl } from './controls.ts'
export type { Due, DueItem, DueKey, DuePage } from './due.ts'
export type { InputItem, InputRef, Inputs } from './inputs.ts'
export { type Call, type EntryOf, forwarding, type MethodKind, type PortTable, portThrough } from './port.ts'
export type { Delivery, HideRequest, OutgoingMessage, QueueDepth, Queues } from './queues.ts'
export type { Random } from './random.ts'
export type { NewRecord, Records, TimePage, TimeQuery } from './records.ts'
export type { SchedulePage, ScheduleQuery, Schedules, ScheduleWrite } from './schedules.ts'
export type { Statistics, StatisticsDelta, StatisticsRange } from './statistics.ts'
export type { LogLevel, TaskEvent, Telemetry } from './telemetry.ts'
export type { TickState, Ticks, TickWrite } from './ticks.ts'
