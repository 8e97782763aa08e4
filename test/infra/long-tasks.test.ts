import { Stack } from 'aws-cdk-lib'
import { describe, expect, it } from 'vitest'
import { TaskQueue, TaskTable, TaskWorker } from '../../infra/index.ts'
import { queueTimes, resolveQueue } from '../../shared/core/queue.ts'
import { code, deploy, find, shop } from './fixture.ts'

/** `video` takes longer than Lambda lets a function run. */
const long = (timeout: '16m' | '3h' | '12h' = '3h') =>
  shop({ queues: { emails: {}, video: { timeout, batchSize: 1, batchWindow: '20s' } } })

const forContainers = { queues: { video: { enabled: false } } }

describe('a queue whose tasks take longer than 15 minutes', () => {
  it('is deployed when only containers work it', () => {
    const template = deploy({ app: long(), ...forContainers }).template()
    const resource = (type: string, name: string, value: string) =>
      find(template, type, (properties) => properties[name] === value).Properties
    expect(resource('AWS::SQS::Queue', 'QueueName', 'shop-video')).toMatchObject({
      VisibilityTimeout: 3 * 3_600 + 20 + 30,
      RedrivePolicy: { maxReceiveCount: 1_000 },
    })
    expect(resource('AWS::Lambda::Function', 'FunctionName', 'shop-video').Timeout).toBe(900)
    template.resourcePropertiesCountIs('AWS::Lambda::EventSourceMapping', { Enabled: false }, 1)
  })

  it.each<[string, () => unknown]>([
    ['a route that is enabled', () => deploy({ app: long('16m') })],
    [
      'a route that is enabled again',
      () => deploy({ app: long(), workers: { enabled: false }, queues: { video: { enabled: true } } }),
    ],
    ['another queue’s route that is not', () => deploy({ app: long(), queues: { emails: { enabled: false } } })],
    [
      'a worker made from parts',
      () => {
        const [stack, app] = [new Stack(), long()]
        const queue = new TaskQueue(stack, 'Queue', { app, queue: 'video' })
        return new TaskWorker(stack, 'Worker', { app, queue, table: new TaskTable(stack, 'Table', { app }), code })
      },
    ],
  ])('is refused with %s, which says what to do', (_, make) => {
    expect(make).toThrow(
      /worker of queue 'video': timeout: expected at most 15m.* received (16m|3h)\..*enabled: false.*celeriac worker -Q video/,
    )
  })

  it('is hidden for no longer than SQS can, and may be received as often as a container’s minute allows', () => {
    const times = (timeout: '3h' | '12h', ledgerOff: boolean) =>
      queueTimes(resolveQueue('video', { timeout }), ledgerOff)
    expect(times('12h', false)).toMatchObject({ visibilityMs: 43_200_000, maxReceiveCount: 1_000 })
    expect(times('3h', true)).toMatchObject({
      visibilityMs: 43_200_000,
      containerVisibilityMs: 43_200_000,
      maxReceiveCount: 7,
    })
    deploy({ app: long('12h'), ...forContainers }).template()
  })

  it('lets its tasks have the time: it is their default limit', () => {
    expect(long().tasks.get('video.encode')?.timeLimitMs).toBe(3 * 3_600_000 - 2_000)
  })
})
