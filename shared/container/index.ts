// Workers outside Lambda: a process that polls SQS itself.
export {
  type ContainerApp,
  type ContainerWorker,
  type ContainerWorkerOptions,
  startContainerWorker,
} from './container-worker.ts'
