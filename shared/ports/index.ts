import type { Broker } from './broker.ts'
import type { Clock } from './clock.ts'
import type { Ledger } from './ledger.ts'
import type { Random } from './random.ts'
import type { Telemetry } from './telemetry.ts'

/** All that client and worker need of the world. */
export interface Ports {
  readonly ledger: Ledger
  readonly broker: Broker
  readonly clock: Clock
  readonly random: Random
  readonly telemetry: Telemetry
}

export type { RecordChange } from '../core/transitions.ts'
export type { Broker, Delivery, HideRequest, OutgoingMessage, QueueDepth, SendAnswer } from './broker.ts'
export type { Clock } from './clock.ts'
export type { Due, DueItem, DueKey, DuePage } from './due.ts'
export type {
  InputItem,
  Ledger,
  NewRecord,
  QueueControl,
  StatisticsDelta,
  TimePage,
  TimeQuery,
  WriteAnswer,
} from './ledger.ts'
export type { Random } from './random.ts'
export type { SchedulePage, ScheduleQuery, Schedules, ScheduleWrite } from './schedules.ts'
export type { LogLevel, TaskEvent, Telemetry } from './telemetry.ts'
export type { TickAdvance, TickState, Ticks } from './ticks.ts'
