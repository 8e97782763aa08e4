/** A part of docs/reference.md: words, and what is read from the sources. */
export interface Section {
  readonly title: string
  readonly text?: string
  readonly types?: readonly { readonly name: string; readonly file: string; readonly title?: string }[]
  /** The file of the error classes. */
  readonly errors?: string
  /** Constants of shared/core/defaults.ts, and what each limits. */
  readonly limits?: Readonly<Record<string, string>>
}

export const sections: readonly Section[] = [
  {
    title: 'App',
    text: '`createApp(options)` makes the app that producers, workers and the stack read.',
    types: [
      { name: 'AppOptions', file: 'shared/core/app.ts', title: 'Options of `createApp`' },
      { name: 'App', file: 'shared/client/app.ts', title: 'The app' },
      { name: 'AwsTarget', file: 'shared/client/connection.ts', title: '`app.connect(…)`' },
    ],
  },
  {
    title: 'Queue',
    text: 'Options of one entry of `queues`.',
    types: [{ name: 'QueueOptions', file: 'shared/core/queue.ts', title: 'Options of a queue' }],
  },
  {
    title: 'Task',
    text: `\`app.task(name, options, function)\`; without a function it is a contract: a task that this package knows, and another one runs.

An **idempotency key** holds for \`idempotencyTtl\` after a success. After that the same key runs again, with the same \`ctx.id\` and \`ctx.attempt\`
starting at 1. To make an effect outside happen once per run of a key, use \`\${ctx.id}:\${ctx.generation}\`: \`ctx.generation\` grows each time an id is opened anew.`,
    types: [
      { name: 'TaskOptions', file: 'shared/core/task.ts', title: 'Options of a task' },
      { name: 'RetryOptions', file: 'shared/core/retry.ts', title: '`retry`' },
      { name: 'TaskCalls', file: 'shared/client/task-types.ts', title: 'A task, or a contract' },
      { name: 'Task', file: 'shared/client/task-types.ts', title: 'A task with its function' },
      { name: 'Contract', file: 'shared/client/task-types.ts', title: 'A contract' },
    ],
  },
  {
    title: 'Hooks',
    text: 'Of the app (for every task, called first) and of a task. A hook that takes longer than 5 seconds is left behind.',
    types: [{ name: 'TaskHooks', file: 'shared/core/task.ts', title: 'Hooks' }],
  },
  {
    title: 'Call',
    types: [
      { name: 'CallOptions', file: 'shared/enqueue/call-options.ts', title: 'Options of `applyAsync` and `app.send`' },
      { name: 'BulkOptions', file: 'shared/client/bulk-enqueue.ts', title: 'More options of `delayMany`' },
    ],
  },
  {
    title: 'ctx',
    text: 'The second argument of a task. A revocation aborts `ctx.signal` within about 3 seconds.',
    types: [
      { name: 'TaskContext', file: 'shared/core/context.ts', title: 'The context' },
      { name: 'ContextRetryOptions', file: 'shared/core/context.ts', title: '`ctx.retry(…)`' },
    ],
  },
  {
    title: 'Handle',
    text: 'What `delay()`, `applyAsync()` and `app.result(id)` give.',
    types: [
      { name: 'AsyncResult', file: 'shared/client/async-result.ts', title: 'The handle' },
      { name: 'GetOptions', file: 'shared/client/async-result.ts', title: '`get(…)`' },
    ],
  },
  {
    title: 'Operate',
    types: [
      { name: 'Inspect', file: 'shared/client/inspect.ts', title: '`app.inspect`' },
      { name: 'QueuesQuery', file: 'shared/client/inspect.ts', title: '`inspect.queues(…)`' },
      { name: 'FailuresQuery', file: 'shared/client/inspect.ts', title: '`inspect.failures(…)`' },
      { name: 'DeadLettersQuery', file: 'shared/client/dead-letters.ts', title: '`inspect.deadLetters(…)`' },
      { name: 'RedriveOptions', file: 'shared/client/redrive.ts', title: '`app.redrive(…)`' },
      { name: 'RedriveReport', file: 'shared/client/redrive.ts', title: 'What `app.redrive()` reports' },
      { name: 'ReconcileOptions', file: 'shared/protocol/reconcile.ts', title: '`app.reconcile(…)`' },
    ],
  },
  {
    title: 'Errors',
    text: 'Programs compare `code`, which stays; people read the message.',
    errors: 'shared/core/errors.ts',
  },
  {
    title: 'Limits',
    limits: {
      maxInputBytes: 'Input of a task, encoded',
      maxResultBytes: 'Result of a task, encoded',
      maxProgressBytes: 'Value of `ctx.progress()`',
      maxDelayMs: '`countdown`, `eta`',
      resultTtlMs: '`resultTtl`, by default',
      idempotencyTtlMs: '`idempotencyTtl`, by default',
      hookLimitMs: 'A hook',
      revocationCheckMs: 'Until a running task hears of its revocation',
      controlCacheMs: 'Until workers notice a pause',
      progressMs: 'Between two writes of progress',
      getTimeoutMs: '`get()` without `timeout`',
      ledgerPatienceMs: 'Enqueue and settlement, while the table throttles',
      unknownTaskPatienceMs: 'An unknown task waits for a deploy',
    },
  },
  {
    title: 'Local',
    text: '`startLocal(app, options)` of `celeriac/local`; see [local.md](local.md).',
    types: [{ name: 'LocalOptions', file: 'shared/local/start-local.ts', title: 'Options of `startLocal`' }],
  },
  {
    title: 'Test',
    text: '`createTestApp(app, options)` of `celeriac/testing`; see [testing.md](testing.md).',
    types: [
      { name: 'TestAppOptions', file: 'shared/testing/test-app.ts', title: 'Options of `createTestApp`' },
      { name: 'TestApp', file: 'shared/testing/test-app.ts', title: 'The test app' },
    ],
  },
]
