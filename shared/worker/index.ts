export { type WorkerParts, workerParts } from './batch.ts'
export { type BatchWorker, createBatchWorker, type Invocation } from './batch-worker.ts'
export { watchLeaks } from './leaks.ts'
export { LeaseLostError } from './running-tasks.ts'
