// The testing kit: an app on the memory ports, with a clock that moves when the test says so.
export { type Decide, type Fault, InjectedFaultError, type PortCall } from './memory/faults.ts'
export { assertEnqueued, assertNotEnqueued, TaskAssertionError, taskMatchers } from './testing/assertions.ts'
export { type CallOptions, type CallReport, callTask } from './testing/call-task.ts'
export {
  createTestApp,
  type DeadLetter,
  type EnqueuedTask,
  type TaskName,
  type TestApp,
  type TestAppOptions,
  type TestableApp,
} from './testing/test-app.ts'
