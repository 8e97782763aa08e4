import { Stack } from 'aws-cdk-lib'
import { Match } from 'aws-cdk-lib/assertions'
import { Vpc } from 'aws-cdk-lib/aws-ec2'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Architecture, Code, Function as LambdaFunction, LayerVersion, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import { describe, expect, it } from 'vitest'
import type { RouteSettings } from '../../infra/index.ts'
import { deploy, find, shop } from './fixture.ts'

const emails = (settings: RouteSettings, app = shop()) => {
  const { template } = deploy({ app, queues: { emails: settings } })
  return template()
}
const worker = (template: ReturnType<typeof emails>) =>
  find(template, 'AWS::Lambda::Function', ({ FunctionName }) => FunctionName === 'shop-emails').Properties

describe('settings of one queue', () => {
  it('change that queue only', () => {
    const template = emails({
      architecture: Architecture.X86_64,
      logRetention: RetentionDays.ONE_YEAR,
      tracing: Tracing.ACTIVE,
      temporaryStorage: 2_048,
      environment: { SMTP_HOST: 'mail' },
      enabled: false,
    })
    expect(worker(template)).toMatchObject({
      Architectures: ['x86_64'],
      TracingConfig: { Mode: 'Active' },
      EphemeralStorage: { Size: 2_048 },
      Environment: { Variables: { SMTP_HOST: 'mail', CELERIAC_PREFIX: 'shop' } },
    })
    template.hasResourceProperties('AWS::Logs::LogGroup', {
      LogGroupName: '/aws/lambda/shop-emails',
      RetentionInDays: 365,
    })
    template.hasResourceProperties('AWS::Logs::LogGroup', {
      LogGroupName: '/aws/lambda/shop-video',
      RetentionInDays: 14,
    })
    template.resourcePropertiesCountIs('AWS::Lambda::EventSourceMapping', { Enabled: false }, 1)
  })

  it('go before those of all workers; environments add up', () => {
    const template = deploy({
      workers: { environment: { FIRST: '1', SECOND: '1' }, logRetention: RetentionDays.ONE_DAY },
      queues: { emails: { environment: { SECOND: '2' } } },
    }).template()
    const { Variables } = worker(template).Environment as { Variables: Record<string, string> }
    expect(Variables).toMatchObject({ FIRST: '1', SECOND: '2' })
    template.resourcePropertiesCountIs('AWS::Logs::LogGroup', { RetentionInDays: 1 }, 2)
  })

  it('pollers, also more than the CDK knows of', () => {
    emails({ pollers: { min: 2, max: 10_000 } }).hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      ProvisionedPollerConfig: { MinimumPollers: 2, MaximumPollers: 10_000 },
      ScalingConfig: Match.absent(),
    })
  })

  it('reserved concurrency that the pollers cannot exceed', () => {
    const template = deploy({ queues: { video: { reservedConcurrency: 5 } } }).template()
    template.hasResourceProperties('AWS::Lambda::Function', { ReservedConcurrentExecutions: 5 })
  })

  it('a VPC, with the rights that Lambda needs to attach to it', () => {
    const { stack } = deploy()
    const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-0123456789abcdef0',
      availabilityZones: ['a'],
      privateSubnetIds: ['subnet-0123456789abcdef0'],
    })
    const layer = LayerVersion.fromLayerVersionArn(stack, 'Layer', 'arn:aws:lambda:eu-west-1:111122223333:layer:x:1')
    const template = emails({ vpc, layers: [layer] })
    expect(worker(template)).toMatchObject({
      VpcConfig: { SubnetIds: ['subnet-0123456789abcdef0'] },
      Layers: ['arn:aws:lambda:eu-west-1:111122223333:layer:x:1'],
    })
    expect(JSON.stringify(template.findResources('AWS::IAM::Policy'))).toContain('ec2:CreateNetworkInterface')
  })

  it('a key for queues and table, with the rights to use it', () => {
    const { stack } = deploy()
    const encryptionKey = Key.fromKeyArn(
      stack,
      'Key',
      'arn:aws:kms:eu-west-1:111122223333:key/01234567-89ab-cdef-0123-456789abcdef',
    )
    expect(() => deploy({ encryptionKey })).toThrow(/encryptionKey: expected a stack that knows its region/)
    const template = deploy({ encryptionKey }, { stack: { env: { region: 'eu-west-1' } } }).template()
    template.resourcePropertiesCountIs('AWS::SQS::Queue', { KmsMasterKeyId: Match.anyValue() }, 4)
    template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
    })
    const policy = JSON.stringify(template.findResources('AWS::IAM::Policy'))
    for (const action of ['kms:GenerateDataKey', 'kms:Decrypt', 'kms:ReEncrypt*']) expect(policy).toContain(action)
  })
})

describe('what cannot work is refused, naming the option and what to do', () => {
  it.each<[string, RouteSettings, RegExp]>([
    ['pollers beside concurrency', { pollers: { min: 2, max: 10 } }, /queue without concurrency, received one of 5/],
    ['less reserved than concurrency', { reservedConcurrency: 4 }, /at least 5\), received 4/],
    ['variables of ours', { environment: { CELERIAC_TABLE: 'x' } }, /no CELERIAC_ variables, received CELERIAC_TABLE/],
    ['unknown queues to call', { enqueuesTo: ['sms'] }, /enqueuesTo: expected queues of the app .* received 'sms'/],
  ])('%s', (_, settings, message) => {
    expect(() => deploy({ queues: { video: settings } })).toThrow(message)
  })

  it('pollers out of range; reserved concurrency of a queue without any', () => {
    expect(() => emails({ pollers: { min: 1, max: 10 } })).toThrow(/min from 2 to 200/)
    expect(() => emails({ pollers: { min: 5, max: 10_001 } })).toThrow(/max from min to 10000/)
    expect(() => emails({ reservedConcurrency: 100 })).toThrow(/this queue has none/)
  })

  it('settings of a queue that is not the app’s, code twice or never, a stage that is no name', () => {
    expect(() => deploy({ queues: { sms: {} } })).toThrow(
      /expected queues of the app \(emails, video\), received 'sms'/,
    )
    expect(() => deploy({ entry: 'worker.ts' })).toThrow(/received both/)
    expect(() => deploy({ stage: 'a b' })).toThrow(/stage: expected .* received "a b"/)
  })

  it('a caller in another region', () => {
    const { cdkApp, tasks } = deploy({}, { stack: { env: { region: 'eu-west-1' } } })
    const there = new Stack(cdkApp, 'Api', { env: { region: 'us-east-1' } })
    const api = new LambdaFunction(there, 'Api', {
      runtime: Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: Code.fromInline('//'),
    })
    expect(() => tasks.grantEnqueue(api)).toThrow(/region eu-west-1, where the queues are, received one in us-east-1/)
  })
})
