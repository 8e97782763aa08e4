import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { Match } from 'aws-cdk-lib/assertions'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { describe, expect, it } from 'vitest'
import { table } from '../../shared/core/table.ts'
import { deploy, find, resourcesOf, shop } from './fixture.ts'

const { template: make } = deploy()
const template = make()
const queue = (name: string) => find(template, 'AWS::SQS::Queue', ({ QueueName }) => QueueName === name).Properties
const worker = (name: string) =>
  find(template, 'AWS::Lambda::Function', ({ FunctionName }) => FunctionName === name).Properties

describe('names', () => {
  it('are <prefix>-<queue>, <prefix>-<queue>-dead and <prefix>', () => {
    const names = Object.values(resourcesOf(template)).flatMap(({ Type, Properties: p }) =>
      Type === 'AWS::SQS::Queue' ? [p.QueueName] : Type === 'AWS::DynamoDB::GlobalTable' ? [p.TableName] : [],
    )
    expect(names.sort()).toEqual(['shop', 'shop-emails', 'shop-emails-dead', 'shop-video', 'shop-video-dead'])
  })

  it('of a stage all carry it', () => {
    const staged = JSON.stringify(deploy({ stage: 'pr-42' }).template().toJSON())
    expect(staged).toContain('"shop-pr-42-emails-dead"')
    expect(staged).not.toMatch(/"shop-(emails|video)/)
    expect(staged).toContain('/celeriac/shop-pr-42')
  })

  it('of functions that would be too long end in a hash, and stay apart', () => {
    const long = 'a-queue-with-a-name-that-is-much-longer-than-most-people-would-choose'
    const app = shop({ queues: { [`${long}1`]: {}, [`${long}2`]: {} } })
    const names = Object.values(resourcesOf(deploy({ app }).template()))
      .filter(({ Type }) => Type === 'AWS::Lambda::Function')
      .map(({ Properties }) => String(Properties.FunctionName))
    expect(new Set(names).size).toBe(2)
    for (const name of names) expect(name).toHaveLength(64)
  })
})

describe('queues', () => {
  it('hide a message for the time-out, the window and 30 s: a claim prevents double runs, so a crash recovers soon', () => {
    expect(queue('shop-emails').VisibilityTimeout).toBe(60 + 0 + 30)
    expect(queue('shop-video').VisibilityTimeout).toBe(900 + 20 + 30)
  })

  it('hide six times as long where a task has no ledger: then only visibility prevents double runs', () => {
    const app = shop()
    app.add('emails.ping', { queue: 'emails', ledger: 'off' }, () => undefined)
    const off = find(deploy({ app }).template(), 'AWS::SQS::Queue', ({ QueueName }) => QueueName === 'shop-emails')
    expect(off.Properties.VisibilityTimeout).toBe(360)
  })

  it('keep messages 7 days and dead letters 14, since those keep their first time', () => {
    expect(queue('shop-emails').MessageRetentionPeriod).toBe(7 * 86_400)
    expect(queue('shop-emails-dead').MessageRetentionPeriod).toBe(14 * 86_400)
  })

  it('let a message be received often: throttles and deploys are no attempts', () => {
    const { maxReceiveCount } = queue('shop-emails').RedrivePolicy as { maxReceiveCount: number }
    expect(maxReceiveCount).toBe(1_000)
    expect((queue('shop-video').RedrivePolicy as { maxReceiveCount: number }).maxReceiveCount).toBe(
      Math.floor((7 * 86_400) / (2 * 950)),
    )
  })

  it('are encrypted by SQS, refuse plain HTTP, and take dead letters of their own queue only', () => {
    for (const name of ['shop-emails', 'shop-emails-dead']) expect(queue(name).SqsManagedSseEnabled).toBe(true)
    template.resourceCountIs('AWS::SQS::QueuePolicy', 4)
    template.allResourcesProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: {
        Statement: [{ Effect: 'Deny', Action: 'sqs:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }],
      },
    })
    const { redrivePermission, sourceQueueArns } = queue('shop-emails-dead').RedriveAllowPolicy as Record<
      string,
      unknown
    >
    expect(redrivePermission).toBe('byQueue')
    expect(JSON.stringify(sourceQueueArns)).toContain(':shop-emails"')
  })
})

describe('the table', () => {
  it('is on demand, with TTL, point-in-time recovery and the keys that the ledger uses', () => {
    template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'byTime',
          KeySchema: [
            { AttributeName: 'timeKey', KeyType: 'HASH' },
            { AttributeName: 'timeSort', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: [...table.timeIndex.projected] },
        },
        {
          IndexName: 'byFailure',
          KeySchema: [
            { AttributeName: 'failureKey', KeyType: 'HASH' },
            { AttributeName: 'failureSort', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: [...table.failureIndex.projected] },
        },
      ],
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      Replicas: [
        Match.objectLike({
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
          DeletionProtectionEnabled: true,
        }),
      ],
    })
  })
})

describe('what outlives the stack', () => {
  const policies = (props: Parameters<typeof deploy>[0]) =>
    Object.values(resourcesOf(deploy(props).template()))
      .filter(({ Type }) => Type === 'AWS::SQS::Queue' || Type === 'AWS::DynamoDB::GlobalTable')
      .map(({ DeletionPolicy }) => DeletionPolicy)

  it('queues and table are retained: they hold accepted tasks', () => {
    expect(new Set(policies({}))).toEqual(new Set(['Retain']))
  })

  it('unless told otherwise', () => {
    expect(new Set(policies({ removalPolicy: RemovalPolicy.DESTROY }))).toEqual(new Set(['Delete']))
    deploy({ removalPolicy: RemovalPolicy.DESTROY })
      .template()
      .hasResourceProperties('AWS::DynamoDB::GlobalTable', {
        Replicas: [Match.objectLike({ DeletionProtectionEnabled: false })],
      })
  })
})

describe('workers', () => {
  it('run on nodejs24.x and arm64 with the memory and time-out of their queue', () => {
    expect(worker('shop-emails')).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      MemorySize: 512,
      Timeout: 60,
    })
    expect(worker('shop-video')).toMatchObject({ MemorySize: 3_008, Timeout: 900 })
  })

  it('may send to their own queue: Lambda would end chains and long delays after some 16 hops', () => {
    expect(worker('shop-emails').RecursiveLoop).toBe('Allow')
  })

  it('log JSON into a group of their own, kept two weeks, without the lines of the platform', () => {
    expect(worker('shop-emails').LoggingConfig).toMatchObject({ LogFormat: 'JSON', SystemLogLevel: 'WARN' })
    template.hasResourceProperties('AWS::Logs::LogGroup', {
      LogGroupName: '/aws/lambda/shop-emails',
      RetentionInDays: 14,
    })
  })

  it('are told where queues and table are', () => {
    expect((worker('shop-video').Environment as { Variables: object }).Variables).toMatchObject({
      CELERIAC_PREFIX: 'shop',
      CELERIAC_TABLE: 'shop',
      NODE_OPTIONS: '--enable-source-maps',
    })
  })

  it('say which messages failed, by twos to thousands at a time as the queue says, with metrics', () => {
    template.allResourcesProperties('AWS::Lambda::EventSourceMapping', {
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MetricsConfig: { Metrics: ['EventCount'] },
      Enabled: true,
    })
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BatchSize: 10,
      ScalingConfig: Match.absent(),
      MaximumBatchingWindowInSeconds: Match.absent(),
    })
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BatchSize: 1,
      ScalingConfig: { MaximumConcurrency: 5 },
      MaximumBatchingWindowInSeconds: 20,
    })
  })

  it('get no message before there is a table', () => {
    const mappings = Object.values(template.findResources('AWS::Lambda::EventSourceMapping'))
    for (const mapping of mappings) expect(mapping.DependsOn).toContain('TasksTableC8A48AEB')
  })
})

describe('alarms', () => {
  const alarm = (name: string) =>
    find(template, 'AWS::CloudWatch::Alarm', ({ AlarmName }) => AlarmName === name).Properties

  it('ring for one dead letter, which lies there whoever put it', () => {
    expect(alarm('shop-emails-dead-letters')).toMatchObject({
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
      EvaluationPeriods: 1,
      Period: 60,
    })
  })

  it('ring for old messages, not for one crash and its redelivery', () => {
    expect(alarm('shop-emails-oldest-age').Threshold).toBe(900)
    expect(alarm('shop-video-oldest-age').Threshold).toBe(2 * 950)
  })

  it('ring for crashes at once and for throttles that last', () => {
    expect(alarm('shop-emails-errors')).toMatchObject({ MetricName: 'Errors', EvaluationPeriods: 1, Period: 300 })
    expect(alarm('shop-emails-throttles')).toMatchObject({ MetricName: 'Throttles', EvaluationPeriods: 3, Period: 300 })
  })

  it('tell whom they are given, and can be changed or left out for one queue', () => {
    deploy({ alarms: false }).template().resourceCountIs('AWS::CloudWatch::Alarm', 0)
    const topic = Topic.fromTopicArn(deploy().stack, 'Topic', 'arn:aws:sns:eu-west-1:111122223333:ops')
    const told = deploy({
      alarms: { actions: [new SnsAction(topic)] },
      queues: { emails: { alarms: { oldestAge: Duration.hours(6), deadLetters: 3 } }, video: { alarms: false } },
    }).template()
    told.resourceCountIs('AWS::CloudWatch::Alarm', 4)
    told.allResourcesProperties('AWS::CloudWatch::Alarm', { AlarmActions: ['arn:aws:sns:eu-west-1:111122223333:ops'] })
    told.hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmName: 'shop-emails-oldest-age', Threshold: 21_600 })
    told.hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmName: 'shop-emails-dead-letters', Threshold: 3 })
  })
})

it('one dashboard shows every queue', () => {
  const { DashboardName, DashboardBody } = find(template, 'AWS::CloudWatch::Dashboard', () => true).Properties
  expect(DashboardName).toBe('shop')
  const body = JSON.stringify(DashboardBody)
  for (const each of ['## emails', '## video', 'InvokedEventCount', 'WriteThrottleEvents', 'dead letters'])
    expect(body).toContain(each)
  deploy({ dashboard: false }).template().resourceCountIs('AWS::CloudWatch::Dashboard', 0)
})

it('a parameter tells producers outside the CDK where everything is', () => {
  const { Name, Value } = find(template, 'AWS::SSM::Parameter', () => true).Properties
  expect(Name).toBe('/celeriac/shop')
  const parts = (Value as { 'Fn::Join': [string, unknown[]] })['Fn::Join'][1]
  const text = parts.map((part) => (typeof part === 'string' ? part : 'x')).join('')
  expect(JSON.parse(text)).toEqual({
    CELERIAC_PREFIX: 'shop',
    CELERIAC_TABLE: 'shop',
    CELERIAC_QUEUE_BASE_URL: 'https://sqs.x.x/x',
  })
})
