import { describe, expect, it } from 'vitest'
import { actionsOn, tickPermissions } from '../../infra/permissions.ts'
import { TaskScheduler, type TaskSchedulerSettings } from '../../infra/task-scheduler.ts'
import { code, deploy, find, resourcesOf, shop } from './fixture.ts'
import { allowedTo, roleLike } from './policy.ts'
import { rightsOf } from './recorded-requests.ts'

function scheduler(settings: TaskSchedulerSettings & { readonly alarms?: false } = {}) {
  const { stack, tasks, template } = deploy()
  const queues = [...tasks.routes.values()].map(({ queue }) => queue)
  new TaskScheduler(stack, 'Scheduler', { app: shop(), code, table: tasks.table, queues, ...settings })
  return template()
}

describe('the tick at AWS', () => {
  it('is a function with the code of the workers, woken each minute with all shards', () => {
    const template = scheduler()
    const fn = find(template, 'AWS::Lambda::Function', ({ FunctionName }) => FunctionName === 'shop-celeriac-tick')
    expect(fn.Properties).toMatchObject({ Handler: 'index.handler', Timeout: 120, MemorySize: 1_024 })
    const rule = find(template, 'AWS::Events::Rule', () => true)
    expect(rule.Properties).toMatchObject({ ScheduleExpression: 'rate(1 minute)', State: 'ENABLED' })
    expect(rule.Properties.Targets).toMatchObject([
      {
        Input: '{"celeriac":"tick","shards":[0,16]}',
        RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
      },
    ])
  })

  it('shares the shards among as many targets as it is told', () => {
    const { Properties } = find(scheduler({ parallel: 4 }), 'AWS::Events::Rule', () => true)
    const inputs = (Properties.Targets as { Input: string }[]).map(({ Input }) => JSON.parse(Input) as object)
    expect(inputs).toEqual([0, 4, 8, 12].map((from) => ({ celeriac: 'tick', shards: [from, from + 4] })))
    expect(() => scheduler({ parallel: 3 as 4 })).toThrow('scheduler: parallel: expected 1, 2 or 4, received 3')
  })

  it('may do exactly what its code does', async () => {
    const methods = [
      ...['due.list', 'due.put', 'due.remove', 'schedules.read', 'schedules.list', 'schedules.write'],
      ...['ticks.read', 'ticks.write', 'records.read', 'records.insert', 'records.update'],
      ...['inputs.read', 'inputs.write', 'queues.send'],
    ]
    const made = new Set<string>()
    for (const method of methods) for (const right of await rightsOf(method, 'https://sqs/1')) made.add(right)
    const granted = [
      ...actionsOn('table', tickPermissions).map((action) => `${action} on table`),
      ...actionsOn('queue', tickPermissions).map((action) => `${action} on queue`),
    ]
    expect(granted.sort()).toEqual([...made].sort())
  })

  it('has no other rights', () => {
    const template = scheduler()
    const rights = allowedTo(template, roleLike(template, 'SchedulerRole'))
    expect(rights.filter((right) => !right.startsWith('logs:'))).toEqual(
      [
        ...actionsOn('table', tickPermissions).map((action) => `${action} on dynamodb:table/shop`),
        'sqs:SendMessage on sqs:shop-emails',
        'sqs:SendMessage on sqs:shop-video',
      ].sort(),
    )
  })

  it('tells when it is silent or fails', () => {
    const alarms = Object.values(resourcesOf(scheduler())).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
    const own = alarms.filter(({ Properties }) => String(Properties.AlarmName).includes('celeriac-tick'))
    expect(own.map(({ Properties: { AlarmName, TreatMissingData } }) => [AlarmName, TreatMissingData])).toEqual([
      ['shop-celeriac-tick-silent', 'breaching'],
      ['shop-celeriac-tick-errors', 'notBreaching'],
    ])
    const without = Object.values(resourcesOf(scheduler({ alarms: false })))
    expect(without.some(({ Properties }) => String(Properties.AlarmName).includes('celeriac-tick'))).toBe(false)
  })
})
