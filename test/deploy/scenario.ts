/**
 * One engine, from bootstrap to destroy. A process of its own, so that the app and the AWS SDK in it know one place only, from the environment,
 * as a user's process does. Started by run.ts and aws.ts.
 *
 *     AWS_ENDPOINT_URL=… npx tsx test/deploy/scenario.ts <engine>
 *
 * Prints one line per check and, last, `<passed> passed, <failed> failed`. Exits with 1 when a check failed.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type AsyncResult, IdempotencyConflictError, TaskFailedError, TaskRevokedError } from 'celeriac'
import { bootstrap, type CdkRun, deploy, destroy } from '../../localstack/engines/cdk.ts'
import { run } from '../../localstack/engines/command.ts'
import { engineNames } from '../../localstack/engines/engine.ts'
import { root } from '../../localstack/engines/folders.ts'
import { add, app, crash, faulty, keyed, linger, stumble } from './app/tasks.ts'
import { Checks } from './checks.ts'
import { checkEmptyDirectory } from './empty-directory.ts'
import { contractPattern, knownGap } from './gaps.ts'
import { probeEngine, probes } from './probe-place.ts'
import { deadLetters, queueExists, redriveAsTheConsole, redriveByHand, sendRaw } from './queues.ts'
import { checkShop } from './shop.ts'
import { temporaryFolder } from './temporary-folder.ts'

// Whoever started it is gone: so are the lines.
process.once('disconnect', () => process.exit(1))
process.channel?.unref()

const label = process.argv[2]
if (label === undefined) throw new Error('scenario.ts: expected a name for what is checked, received none.')
const engine = engineNames.find((name) => name === label)
const { AWS_ENDPOINT_URL: endpoint, CELERIAC_TEST_ACCOUNT: account } = process.env
const checks = new Checks(label)
const output = temporaryFolder('cdk')
const cdk: CdkRun = { cwd: fileURLToPath(new URL('app', import.meta.url)), env: process.env, output }
const versioned = (version: string): CdkRun => ({ ...cdk, context: { version, ...(account && { account }) } })

try {
  await probeAll()
  if (endpoint !== undefined) {
    await checks.check('queues and ledger keep the contracts of their ports', checkContracts)
  }
  const bootstrapped = await checks.check('cdk bootstrap', () => bootstrap(versioned('1')))
  // Side by side: most of either is waiting for CloudFormation or for a clock.
  if (bootstrapped !== undefined) {
    await Promise.all([
      checkProbeApp(),
      // Its functions need the files of this machine.
      ...(engine === undefined ? [] : [checkShop(checks)]),
      // The package is the same everywhere: once is enough. It retains a queue and a table, which go with the engine.
      ...(engine === 'ministack' ? [checkEmptyDirectory(checks)] : []),
    ])
  }
} finally {
  app.close()
}
console.log(`${checks.passed} passed, ${checks.failed} failed`)
process.exitCode = checks.failed === 0 ? 0 : 1

/** Does the engine still do what docs/engines.md says it does, for better or worse? */
async function probeAll(): Promise<void> {
  const seen = await probeEngine()
  for (const { id, aws } of probes) {
    const known = engine && knownGap(engine, id)
    await checks.check(known === undefined ? aws : `${aws} (known to differ)`, async () => {
      assert.equal(seen.get(id), known, known === undefined ? undefined : `expected the difference that gaps.ts lists`)
    })
  }
}

async function checkContracts(): Promise<void> {
  const pattern = contractPattern(engine)
  const args = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--config', 'test/deploy/vitest.config.ts']
  const printed = await run(process.execPath, [...args, ...(pattern === '' ? [] : ['--testNamePattern', pattern])], {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1' },
  })
  assert.match(printed, /Tests +6\d passed/)
}

async function checkProbeApp(): Promise<void> {
  const deployed = await checks.check('cdk deploy', () => deploy(versioned('1')))
  if (deployed === undefined) return
  await runTasks()
  await checks.check('cdk destroy leaves nothing', async () => {
    await destroy(versioned('2'))
    for (const queue of Object.keys(app.definition.queues)) {
      // SQS may show a deleted queue for a minute.
      await until(`end of queue ${queue}`, async () =>
        (await queueExists(`${app.prefix}-${queue}`)) ? undefined : true,
      )
    }
  })
}

async function runTasks(): Promise<void> {
  // Crashes come back after their visibility time, half a minute each: they go their way while the others are checked.
  const crashing = await crash.delay({ crashes: 1 })
  const poison = await crash.applyAsync({ crashes: 99 }, { retry: { maxRetries: 1 } })

  await checks.check('a task runs and gives its result', async () => {
    const handle = await add.delay({ a: 2, b: 3 })
    assert.deepEqual(await handle.get({ timeout: '60s' }), { sum: 5, version: '1' })
    const info = await handle.info()
    assert.deepEqual([info.state, info.attempt, info.queue], ['SUCCESS', 1, 'quick'])
  })

  await checks.check('bulk: 100 tasks, each with its own result', async () => {
    const handles: AsyncResult<{ sum: number }>[] = []
    for await (const entry of add.delayMany(Array.from({ length: 100 }, (_, i) => ({ a: i, b: 1 })))) {
      assert.equal(entry.error, undefined)
      if (entry.handle) handles[entry.index] = entry.handle
    }
    const results = await Promise.all(handles.map((handle) => handle.get({ timeout: '90s' })))
    assert.deepEqual(
      results.map(({ sum }) => sum),
      Array.from({ length: 100 }, (_, i) => i + 1),
    )
  })

  await checks.check('retries until it succeeds, and remembers why', async () => {
    const handle = await stumble.delay({ name: 'toddler' })
    assert.equal(await handle.get({ timeout: '60s' }), 3)
    const { attempts } = await handle.info()
    assert.deepEqual(
      attempts.map(({ outcome, error }) => [outcome, error?.message]),
      [
        ['retry', 'not yet: attempt 1'],
        ['retry', 'not yet: attempt 2'],
        ['success', undefined],
      ],
    )
  })

  await checks.check('a countdown is kept', async () => {
    const handle = await add.applyAsync({ a: 1, b: 1 }, { countdown: '3s' })
    assert.equal(await handle.state(), 'SCHEDULED')
    await handle.get({ timeout: '60s' })
    const { enqueuedAt, startedAt } = await handle.info()
    const waited = (startedAt?.getTime() ?? 0) - enqueuedAt.getTime()
    assert.ok(waited >= 2_900, `started after ${waited} ms`)
  })

  await checks.check('one key, one task, one run', async () => {
    const input = { order: Date.now() }
    const handles = await Promise.all([keyed.delay(input), keyed.delay(input), keyed.delay(input)])
    assert.equal(new Set(handles.map(({ id }) => id)).size, 1)
    const [first] = handles
    assert.deepEqual(await first.get({ timeout: '60s' }), { order: input.order, attempt: 1 })
    const late = await keyed.delay(input)
    assert.deepEqual([late.id, late.deduplicated], [first.id, true])
    await assert.rejects(keyed.delay({ ...input, note: 'another' }), IdempotencyConflictError)
  })

  const dead = await checks.check('a failure becomes a dead letter with its reason', async () => {
    const handle = await faulty.delay({ order: 7 })
    await assert.rejects(handle.get({ timeout: '60s' }), (error) => {
      assert.ok(error instanceof TaskFailedError)
      assert.match(String(error.cause), /fixed in version 2/)
      return true
    })
    const letter = await until('a dead letter', async () =>
      (await deadLetters('quick')).find(({ id }) => id === handle.id),
    )
    assert.deepEqual([letter.dead?.reason, letter.generation], ['failure', 1])
    const { tasks } = await app.inspect.failures({ queue: 'quick' })
    assert.ok(
      tasks.some(({ id }) => id === handle.id),
      'inspect.failures() does not list it',
    )
    return handle
  })

  await checks.check('a message without a record, from another language', async () => {
    const id = `foreign-${Date.now()}`
    await sendRaw('quick', JSON.stringify({ celeriac: 1, id, task: 'add', input: { a: 20, b: 22 } }))
    const result = await until('its record', async () => {
      const handle = app.result<{ sum: number }>(id)
      return (await handle.state().catch(() => undefined)) === 'SUCCESS' ? handle.get() : undefined
    })
    assert.equal(result.sum, 42)
  })

  await checks.check('a message that is no JSON harms only itself', async () => {
    const body = `not JSON ${Date.now()}`
    await sendRaw('quick', body)
    const neighbour = await add.delay({ a: 1, b: 2 })
    assert.equal((await neighbour.get({ timeout: '60s' })).sum, 3)
    await until('the dead letter', async () =>
      (await deadLetters('quick')).some((each) => each.body === body) ? true : undefined,
    )
  })

  await checks.check('a revoked task never runs', async () => {
    const handle = await linger.applyAsync({ ms: 1 }, { countdown: '5s' })
    assert.equal(await handle.revoke(), 'REVOKED')
    await pause(7_000)
    const { state, attempt, startedAt } = await handle.info()
    assert.deepEqual([state, attempt, startedAt], ['REVOKED', 0, undefined])
    await assert.rejects(handle.get({ timeout: '1s' }), TaskRevokedError)
  })

  await checks.check('a running task is revoked', async () => {
    const handle = await linger.delay({ ms: 15_000 })
    await until('its start', async () => ((await handle.state()) === 'STARTED' ? true : undefined))
    await handle.revoke()
    await assert.rejects(handle.get({ timeout: '12s' }), TaskRevokedError)
  })

  await checks.check('a new version is deployed while tasks run, and none is lost', async () => {
    const { failed } = await deployWhileTasksRun()
    assert.deepEqual(failed, [])
  })

  await checks.check('redrive runs the fixed task', async () => {
    assert.ok(dead, 'there is no dead letter to redrive')
    // MiniStack has no StartMessageMoveTask (gaps.ts): the messages are moved one by one, which is what it would do.
    if (engine && knownGap(engine, 'sqs-move-task')) await redriveByHand('quick')
    else await redriveAsTheConsole('quick')
    const info = await until('its success', async () => {
      const found = await dead.info()
      return found.state === 'SUCCESS' ? found : undefined
    })
    assert.deepEqual([info.result, info.generation], [{ order: 7, version: '2' }, 1])
  })

  await checks.check('a crash counts as an attempt, and the next one succeeds', async () => {
    assert.equal(await crashing.get({ timeout: '3m' }), 2)
    const { attempts } = await crashing.info()
    assert.deepEqual(
      attempts.map(({ outcome }) => outcome),
      ['crash', 'success'],
    )
  })

  await checks.check('a task that always crashes ends as WorkerLostError in the dead letters', async () => {
    await assert.rejects(poison.get({ timeout: '3m' }), (error) => {
      assert.ok(error instanceof TaskFailedError)
      assert.equal(error.cause instanceof Error && error.cause.name, 'WorkerLostError')
      return true
    })
    const letter = await until('the dead letter', async () =>
      (await deadLetters('crashing')).find(({ id }) => id === poison.id),
    )
    assert.equal(letter.dead?.reason, 'worker-lost')
  })

  await checks.check('the counters tell what happened', async () => {
    const [quick] = await app.inspect.queues()
    assert.ok((quick?.counts.succeeded ?? 0) >= 100, `counted ${JSON.stringify(quick?.counts)}`)
  })
}

/** Deploys version 2 while tasks of half a second to two seconds run and new ones come. */
async function deployWhileTasksRun(): Promise<{ failed: string[] }> {
  const handles: AsyncResult<string>[] = []
  const enqueue = async (count: number) => {
    for await (const { handle, error } of linger.delayMany(
      Array.from({ length: count }, (_, i) => ({ ms: 500 + (i % 4) * 500 })),
    )) {
      assert.equal(error, undefined)
      if (handle) handles.push(handle)
    }
  }
  await enqueue(10)
  const deployment = { isDone: false }
  const deploying = deploy(versioned('2')).finally(() => {
    deployment.isDone = true
  })
  while (!deployment.isDone) {
    await pause(1_500)
    await enqueue(1)
  }
  await deploying
  await enqueue(5)
  // An invocation that an update kills is a crash: its tasks come back after time-out and 30 s.
  const versions = await Promise.allSettled(handles.map((handle) => handle.get({ timeout: '2m' })))
  const given = versions.map((settled) => (settled.status === 'fulfilled' ? settled.value : String(settled.reason)))
  assert.ok(given.includes('1') && given.includes('2'), `both versions should have run tasks: ${given.join(' ')}`)
  return { failed: given.filter((version) => version !== '1' && version !== '2') }
}

/** Asks until there is an answer, for at most a minute. */
async function until<Value>(what: string, ask: () => Promise<Value | undefined>): Promise<Value> {
  const deadline = Date.now() + 60_000
  for (;;) {
    const value = await ask()
    if (value !== undefined) return value
    if (Date.now() > deadline) throw new Error(`no ${what} after a minute`)
    await pause(300)
  }
}
