// The testing kit: an app on the memory ports, with a clock that moves when the test says so.
export { type Decide, type Fault, InjectedFaultError, type PortCall, type PortMethod } from './memory/faults.ts'
export { assertEnqueued, assertNotEnqueued, TaskAssertionError, taskMatchers } from './testing/assertions.ts'
export { type CallOptions, type CallReport, callTask } from './testing/call-task.ts'
export type { CrashPoint } from './testing/held-tasks.ts'
export type { InjectedFault } from './testing/injected-faults.ts'
export {
  createTestApp,
  type DeadLetter,
  type EnqueuedTask,
  type TaskName,
  type TestApp,
  type TestAppOptions,
  type TestableApp,
} from './testing/test-app.ts'
