import { createApp } from 'celeriac'
import { run, type TaskInput } from './contestant.ts'

/** Invocations at a time, for all contestants. */
export const concurrency = 10

export const app = createApp({ name: 'bench', queues: { tasks: { concurrency } } })

export const nothing = app.task('nothing', {}, (input: TaskInput) => run(input))
