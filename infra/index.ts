// Everything from the app object.

// What they are made of.
export { workerBundling } from './bundling.ts'
// What it costs.
export { type CostAssumptions, type CostLine, type CostTable, costOf, type QueueCost } from './cost.ts'
export { credentialsUnusedOnLambda } from './lambda-credentials.ts'
// Its parts, to use alone.
export { TaskAlarms, type TaskAlarmsProps } from './task-alarms.ts'
export type { TaskApp, TaskAppProps } from './task-app.ts'
export { TaskDashboard, type TaskDashboardProps } from './task-dashboard.ts'
export { TaskQueue, type TaskQueueProps, type TaskQueueSettings } from './task-queue.ts'
export { type RouteSettings, TaskQueues, type TaskQueuesProps, type TaskRoute } from './task-queues.ts'
export { TaskTable, type TaskTableProps, type TaskTableSettings } from './task-table.ts'
export { TaskWorker, type TaskWorkerProps } from './task-worker.ts'
export type { AlarmSettings, WorkerCode, WorkerSettings } from './worker-settings.ts'
