import { existsSync } from 'node:fs'
import { afterEach, expect, test, vi } from 'vitest'
import type { TaskEvent } from '../../../shared/index.ts'
import { createApp } from '../../../shared/index.ts'
import { type Dev, type DevFacts, type DevOptions, type DevStatus, startDev } from '../../../shared/local/dev/index.ts'
import { until } from '../../support/processes.ts'
import { Project, tasksFile } from './project.ts'

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (let end = ends.pop(); end !== undefined; end = ends.pop()) await end()
})

vi.setConfig({ testTimeout: 90_000 })

class Watched {
  readonly statuses: DevStatus[] = []
  readonly events: TaskEvent[] = []
  readonly project: Project
  dev: Dev | undefined

  constructor(project: Project) {
    this.project = project
  }

  async start(more: Partial<DevOptions> = {}): Promise<Dev> {
    const dev = await startDev({
      app: { file: this.project.path('tasks.ts') },
      onStatus: (status) => this.statuses.push(status),
      onEvent: (event) => this.events.push(event),
      onLog: () => {},
      ...more,
    })
    ends.push(() => dev.stop({ drain: false }))
    this.dev = dev
    return dev
  }

  /** The next status of a type, the n-th one. */
  async status<Type extends DevStatus['type']>(type: Type, n = 1): Promise<Extract<DevStatus, { type: Type }>> {
    const found = (): DevStatus[] => this.statuses.filter((status) => status.type === type)
    await until(() => found().length >= n, 45_000)
    return found()[n - 1] as Extract<DevStatus, { type: Type }>
  }
}

async function watched(files: Record<string, string>): Promise<Watched> {
  const project = await Project.make(files)
  ends.push(() => project.remove())
  return new Watched(project)
}

/** A producer in another process would do the same with the environment. */
function producer({ endpoints, environment }: DevFacts) {
  const app = createApp({ name: 'devtest', queues: { words: {}, more: {} } })
  app.connect({
    endpoint: endpoints,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    environment: { queueBaseUrl: environment.CELERIAC_QUEUE_BASE_URL ?? '' },
  })
  ends.push(async () => app.close())
  return app
}

const answer = async (app: ReturnType<typeof producer>, ms: number): Promise<unknown> =>
  (await app.send('say', ms, { queue: 'words' })).get({ timeout: '60s' })

test('a change is loaded while a task runs: it finishes as it was, the next one is new, none is lost', async () => {
  const it = await watched({ 'tasks.ts': tasksFile('before') })
  const dev = await it.start()
  const app = producer(await dev.ready)
  expect(await answer(app, 0)).toBe('before')
  const running = answer(app, 3_000)
  await until(() => it.events.filter(({ type }) => type === 'started').length === 2)
  await it.project.write('tasks.ts', tasksFile('after'))
  expect((await it.status('reloaded')).files).toEqual([it.project.path('tasks.ts')])
  const next = await Promise.all([answer(app, 0), answer(app, 0)])
  expect(next).toEqual(['after', 'after'])
  expect(await running).toBe('before')
  expect(it.events.filter(({ type }) => type === 'queued')).toHaveLength(4)
  expect(it.statuses.map(({ type }) => type)).toEqual(['ready', 'reloaded'])
})

test.each([
  [
    'a syntax error',
    `${tasksFile('x')}\nconst = 1`,
    /^.*tasks\.ts:8:7: Expected identifier but found "=". In line: const = 1$/,
  ],
  [
    'an error at load',
    tasksFile('x', `throw new Error('not today')`),
    /^The app could not be loaded: Error: not today \(.*tasks\.ts:7:7\)$/,
  ],
  [
    'a missing import',
    tasksFile('x', `import './absent.ts'`),
    /tasks\.ts:7:8: Could not resolve "\.\/absent\.ts"\. Is the path right\?/,
  ],
])('%s is told in one paragraph, and the former version goes on until it is mended', async (_what, broken, text) => {
  const it = await watched({ 'tasks.ts': tasksFile('whole') })
  const dev = await it.start()
  const app = producer(await dev.ready)
  await it.project.write('tasks.ts', broken)
  const told = await it.status('not-loaded')
  expect(told.problem).toMatch(text)
  expect(told.goesOn).toBe(true)
  expect(await answer(app, 0)).toBe('whole')
  await it.project.write('tasks.ts', tasksFile('mended'))
  await it.status('reloaded')
  expect(await answer(app, 0)).toBe('mended')
})

test('a queue that is added is made and worked', async () => {
  const it = await watched({ 'tasks.ts': tasksFile('x') })
  const dev = await it.start()
  const app = producer(await dev.ready)
  const added = tasksFile('x')
    .replace('queues: {', 'queues: { more: {}, ')
    .replace("'say', { queue: 'words' }", "'say', { queue: 'more' }")
  await it.project.write('tasks.ts', added)
  await it.status('reloaded')
  const handle = await app.send('say', 0, { queue: 'more' })
  expect(await handle.get({ timeout: '60s' })).toBe('x')
})

test('an app that cannot be built at first ends it; a patient one waits for the change', async () => {
  const it = await watched({ 'tasks.ts': 'export const nothing = 1' })
  await expect(it.start()).rejects.toThrow(/tasks\.ts exports no app\. Export what createApp\(\) returns/)
  const dev = await it.start({ patient: true })
  expect(await it.status('not-loaded')).toMatchObject({ goesOn: false })
  await it.project.write('tasks.ts', tasksFile('late'))
  expect(await answer(producer(await dev.ready), 0)).toBe('late')
})

test('stopping drains: what runs finishes, and every build is removed', async () => {
  const it = await watched({ 'tasks.ts': tasksFile('done') })
  const dev = await it.start()
  const app = producer(await dev.ready)
  await app.send('say', 500, { queue: 'words' })
  await until(() => dev.running === 1)
  await dev.stop()
  await until(() => it.events.at(-1)?.type === 'succeeded')
  expect(existsSync(it.project.folder)).toBe(true)
})
