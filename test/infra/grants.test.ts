import { CfnOutput, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda'
import { describe, expect, it } from 'vitest'
import { deploy, find, shop } from './fixture.ts'
import { allowedTo, roleLike } from './policy.ts'

const fn = (stack: Stack, id = 'Api') =>
  new LambdaFunction(stack, id, {
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromInline('//'),
    functionName: `api-${id}`,
  })

const recordWriting = [
  'dynamodb:BatchGetItem on dynamodb:table/shop',
  'dynamodb:BatchWriteItem on dynamodb:table/shop',
  'dynamodb:DeleteItem on dynamodb:table/shop',
  'dynamodb:PartiQLInsert on dynamodb:table/shop',
  'dynamodb:PartiQLUpdate on dynamodb:table/shop',
  'dynamodb:UpdateItem on dynamodb:table/shop',
]

describe('a worker may do exactly', () => {
  it('what its code and its mapping do: its own queue, sending to the others, the table, its log', () => {
    const template = deploy().template()
    expect(allowedTo(template, roleLike(template, 'TasksemailsWorkerRole'))).toEqual(
      [
        ...recordWriting,
        'dynamodb:GetItem on dynamodb:table/shop',
        'dynamodb:PutItem on dynamodb:table/shop',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's reference as text
        'logs:CreateLogStream on ${TasksemailsWorkerLogs607FDBC2.Arn}',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's reference as text
        'logs:PutLogEvents on ${TasksemailsWorkerLogs607FDBC2.Arn}',
        'sqs:ChangeMessageVisibility on sqs:shop-emails',
        'sqs:DeleteMessage on sqs:shop-emails',
        'sqs:GetQueueAttributes on sqs:shop-emails',
        'sqs:ReceiveMessage on sqs:shop-emails',
        'sqs:SendMessage on sqs:shop-emails',
        'sqs:SendMessage on sqs:shop-emails-dead',
        'sqs:SendMessage on sqs:shop-video',
      ].sort(),
    )
  })

  it('less, when its tasks call no others', () => {
    const template = deploy({ queues: { emails: { enqueuesTo: [] } } }).template()
    expect(allowedTo(template, roleLike(template, 'TasksemailsWorkerRole'))).not.toContain(
      'sqs:SendMessage on sqs:shop-video',
    )
  })
})

describe('grantWork', () => {
  it('lets the role of a container do what a worker function does, and find the queues', () => {
    const { stack, tasks, template: make } = deploy({ queues: { video: { enabled: false } } })
    tasks.grantWork(new Role(stack, 'Container', { assumedBy: new AccountRootPrincipal() }), 'video')
    const template = make()
    const ofFunction = allowedTo(template, roleLike(template, 'TasksvideoWorkerRole'))
    expect(allowedTo(template, roleLike(template, 'Container'))).toEqual(
      [
        ...ofFunction.filter((right) => !right.startsWith('logs:')),
        'sqs:GetQueueUrl on sqs:shop-emails',
        'sqs:GetQueueUrl on sqs:shop-video',
      ].sort(),
    )
  })

  it('for all queues when none is named', () => {
    const { stack, tasks, template: make } = deploy()
    tasks.grantWork(new Role(stack, 'Container', { assumedBy: new AccountRootPrincipal() }))
    const template = make()
    expect(allowedTo(template, roleLike(template, 'Container'))).toEqual(
      expect.arrayContaining(['sqs:ReceiveMessage on sqs:shop-emails', 'sqs:ReceiveMessage on sqs:shop-video']),
    )
  })

  it('names the queues there are when it is given another', () => {
    const { stack, tasks } = deploy()
    const role = new Role(stack, 'Container', { assumedBy: new AccountRootPrincipal() })
    expect(() => tasks.grantWork(role, 'films')).toThrow(
      "queue: expected queues of the app (emails, video), received 'films'.",
    )
  })
})

describe('grantEnqueue', () => {
  it('lets a function send to the queues that are named, and tells it where they are', () => {
    const { stack, tasks, template: make } = deploy()
    tasks.grantEnqueue(fn(stack), 'emails')
    const template = make()
    expect(allowedTo(template, roleLike(template, 'ApiServiceRole'))).toEqual(
      [...recordWriting, 'sqs:SendMessage on sqs:shop-emails'].sort(),
    )
    const { Environment } = find(template, 'AWS::Lambda::Function', (p) => p.FunctionName === 'api-Api').Properties
    expect(Object.keys((Environment as { Variables: object }).Variables).sort()).toEqual([
      'CELERIAC_PREFIX',
      'CELERIAC_QUEUE_BASE_URL',
      'CELERIAC_TABLE',
    ])
  })

  it('to all queues when none is named', () => {
    const { stack, tasks, template: make } = deploy()
    tasks.grantEnqueue(fn(stack))
    const template = make()
    expect(allowedTo(template, roleLike(template, 'ApiServiceRole'))).toEqual(
      [...recordWriting, 'sqs:SendMessage on sqs:shop-emails', 'sqs:SendMessage on sqs:shop-video'].sort(),
    )
  })

  it('lets a role, which has no environment, also find the queue', () => {
    const { stack, tasks, template: make } = deploy()
    tasks.grantEnqueue(new Role(stack, 'Web', { assumedBy: new AccountRootPrincipal() }), 'video')
    const template = make()
    expect(allowedTo(template, roleLike(template, 'Web'))).toEqual(
      [...recordWriting, 'sqs:GetQueueUrl on sqs:shop-video', 'sqs:SendMessage on sqs:shop-video'].sort(),
    )
  })

  it('leaves the table out where no task of the queues has a ledger', () => {
    const app = shop({ queues: { pings: {}, emails: {} } })
    app.add('ping', { queue: 'pings', ledger: 'off' }, () => undefined)
    const { stack, tasks, template: make } = deploy({ app })
    tasks.grantEnqueue(fn(stack), 'pings')
    const template = make()
    expect(allowedTo(template, roleLike(template, 'ApiServiceRole'))).toEqual(['sqs:SendMessage on sqs:shop-pings'])
  })

  it('ties no other stack to this one: nothing is exported', () => {
    const { cdkApp, stack, tasks } = deploy()
    const api = new Stack(cdkApp, 'Api')
    tasks.grantEnqueue(fn(api), 'emails')
    const made = Template.fromStack(api)
    expect(allowedTo(made, roleLike(made, 'ApiServiceRole'))).toContain('sqs:SendMessage on sqs:shop-emails')
    expect(JSON.stringify(made.toJSON())).not.toContain('Fn::ImportValue')
    expect(Template.fromStack(stack).toJSON().Outputs).toBeUndefined()
  })

  it('refuses queues that the app has not', () => {
    const { stack, tasks } = deploy()
    expect(() => tasks.grantEnqueue(fn(stack), 'sms')).toThrow(
      /expected queues of the app \(emails, video\), received 'sms'/,
    )
  })

  it('includes a customer’s key', () => {
    const encryptionKey = Key.fromKeyArn(
      deploy().stack,
      'Key',
      'arn:aws:kms:eu-west-1:111122223333:key/01234567-89ab-cdef-0123-456789abcdef',
    )
    const env = { region: 'eu-west-1', account: '111122223333' }
    const { stack, tasks, template: make } = deploy({ encryptionKey }, { stack: { env } })
    tasks.grantEnqueue(fn(stack), 'emails')
    const template = make()
    const actions = allowedTo(template, roleLike(template, 'ApiServiceRole')).map((each) => each.split(' ')[0])
    expect(actions.filter((each) => each?.startsWith('kms:'))).toEqual([
      'kms:Decrypt',
      'kms:DescribeKey',
      'kms:Encrypt',
      'kms:GenerateDataKey',
      'kms:GenerateDataKey*',
      'kms:ReEncrypt*',
    ])
  })
})

it('grantResults lets read records and nothing else', () => {
  const { stack, tasks, template: make } = deploy()
  tasks.grantResults(fn(stack))
  const template = make()
  expect(allowedTo(template, roleLike(template, 'ApiServiceRole'))).toEqual([
    'dynamodb:BatchGetItem on dynamodb:table/shop',
  ])
})

it('grantOperate lets inspect, pause, revoke, reconcile and redrive, but not enqueue new tasks or change queues', () => {
  const { stack, tasks, template: make } = deploy()
  tasks.grantOperate(new Role(stack, 'Operator', { assumedBy: new AccountRootPrincipal() }))
  new CfnOutput(stack, 'Environment', { value: stack.toJsonString(tasks.environment) })
  const template = make()
  const ofQueue = (name: string) => [
    `sqs:GetQueueAttributes on sqs:${name}`,
    `sqs:GetQueueUrl on sqs:${name}`,
    `sqs:SendMessage on sqs:${name}`,
    `sqs:CancelMessageMoveTask on sqs:${name}-dead`,
    `sqs:ChangeMessageVisibility on sqs:${name}-dead`,
    `sqs:DeleteMessage on sqs:${name}-dead`,
    `sqs:GetQueueAttributes on sqs:${name}-dead`,
    `sqs:GetQueueUrl on sqs:${name}-dead`,
    `sqs:ListMessageMoveTasks on sqs:${name}-dead`,
    `sqs:ReceiveMessage on sqs:${name}-dead`,
    `sqs:StartMessageMoveTask on sqs:${name}-dead`,
  ]
  const allowed = allowedTo(template, roleLike(template, 'Operator'))
  expect(allowed.filter((each) => !each.startsWith('ssm:'))).toEqual(
    [
      ...ofQueue('shop-emails'),
      ...ofQueue('shop-video'),
      'dynamodb:BatchGetItem on dynamodb:table/shop',
      'dynamodb:BatchWriteItem on dynamodb:table/shop',
      'dynamodb:GetItem on dynamodb:table/shop',
      'dynamodb:PartiQLUpdate on dynamodb:table/shop',
      'dynamodb:PutItem on dynamodb:table/shop',
      'dynamodb:Query on dynamodb:table/shop',
      'dynamodb:Query on dynamodb:table/shop/index/byFailure',
      'dynamodb:Query on dynamodb:table/shop/index/byTime',
      'dynamodb:UpdateItem on dynamodb:table/shop',
    ].sort(),
  )
  expect(allowed.filter((each) => each.startsWith('ssm:')).map((each) => each.split(' ')[0])).toContain(
    'ssm:GetParameter',
  )
})
