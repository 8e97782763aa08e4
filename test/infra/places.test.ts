import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, type Environment, NestedStack, RemovalPolicies, Stack, Stage } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { TaskQueues, type TaskQueuesProps } from '../../infra/index.ts'
import { code, find, shop, shopQueues } from './fixture.ts'

/*
 * One CDK app may deploy the same tasks to several accounts and regions, in stages and nested stacks.
 */

const account = '111122223333'
const eu: Environment = { account, region: 'eu-west-1' }
const us: Environment = { account, region: 'us-east-1' }
const elsewhere: Environment = { account: '444455556666', region: 'eu-west-1' }
const { emails: _, ...onlyVideo } = shopQueues
const smaller = () => shop({ queues: onlyVideo })

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'celeriac-places-'))
  file = join(folder, 'names.json')
  vi.stubEnv('CI', '')
  vi.stubEnv('CDK_OUTDIR', join(folder, 'cdk.out'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

type Copy = readonly [stack: string, env: Environment, props?: Partial<TaskQueuesProps>]

/** Copies of the shop, each in a stack of its own. */
function synth(...copies: readonly Copy[]): readonly Stack[] {
  const app = new App({ analyticsReporting: false })
  const stacks = copies.map(([name, env, props]) => {
    const stack = new Stack(app, name, { env })
    add(stack, props)
    return stack
  })
  app.synth()
  return stacks
}

function add(stack: Stack, props: Partial<TaskQueuesProps> = {}): TaskQueues {
  return new TaskQueues(stack, 'Tasks', {
    app: shop(),
    code,
    manifest: file,
    alarms: false,
    dashboard: false,
    ...props,
  })
}

const remembered = (): Record<string, { queues: object; path: string }> => JSON.parse(readFileSync(file, 'utf8')).apps

describe('the manifest tells copies apart', () => {
  it.each<[string, readonly Copy[]]>([
    [
      'in two regions',
      [
        ['Eu', eu],
        ['Us', us, { app: smaller() }],
      ],
    ],
    [
      'in two accounts',
      [
        ['Test', elsewhere],
        ['Live', eu, { app: smaller() }],
      ],
    ],
    [
      'in places that the stacks do not say',
      [
        ['One', {}],
        ['Two', {}, { app: smaller() }],
      ],
    ],
    [
      'in a region, and in any',
      [
        ['Eu', { region: 'eu-west-1' }],
        ['Us', { region: 'us-east-1' }, { app: smaller() }],
      ],
    ],
  ])('%s, though their queues differ', (_, copies) => {
    synth(...copies)
    const first = readFileSync(file, 'utf8')
    expect(Object.keys(remembered())).toHaveLength(2)
    synth(...copies)
    synth(...[...copies].reverse())
    expect(readFileSync(file, 'utf8')).toBe(first)
  })

  it('and refuses what one of them would lose, naming its own entry', () => {
    synth(['Eu', eu], ['Us', us])
    const first = readFileSync(file, 'utf8')
    expect(() => synth(['Eu', eu], ['Us', us, { app: smaller() }])).toThrow(
      /\[Us\/Tasks\] Queue 'emails' is no longer in the app.*delete "apps\.shop@111122223333\/us-east-1\.queues\.emails"/,
    )
    expect(readFileSync(file, 'utf8')).toBe(first)
  })

  it('the same stack in another account is another copy', () => {
    synth(['Shop', eu])
    expect(() => synth(['Shop', elsewhere, { app: smaller() }])).not.toThrow()
    expect(Object.keys(remembered())).toHaveLength(2)
    expect(() => synth(['Shop', eu, { app: smaller() }])).toThrow(/'emails' is no longer in the app/)
  })

  it('a copy that moved within its region is still refused', () => {
    synth(['Eu', eu], ['Us', us])
    expect(() => synth(['Moved', eu], ['Us', us])).toThrow(/moves from Eu\/.* to Moved\//)
  })

  it('a renamed app in another region does not look like this one', () => {
    synth(['Shop', eu])
    expect(() => synth(['Shop', us, { stage: 'dev' }])).not.toThrow()
    expect(() => synth(['Shop', eu, { stage: 'dev' }])).toThrow(/The app was 'shop'.*delete "apps\.shop@/)
  })

  it('two copies with the same names at the same place are refused at once', () => {
    expect(() => synth(['One', eu], ['Two', eu])).toThrow(
      /'One\/Tasks' and 'Two\/Tasks' would both make queues and a table of app 'shop' in account 111122223333, region eu-west-1\. Give one of them a stage/,
    )
    expect(() => synth(['One', eu], ['Two', eu, { stage: 'dev' }])).not.toThrow()
  })

  it('a file of an earlier version goes on: its entry becomes that of its construct', () => {
    synth(['Eu', {}])
    const [old] = Object.values(remembered()) as { prefix?: string }[]
    delete old?.prefix
    writeFileSync(file, JSON.stringify({ about: '', apps: { shop: old } }))
    synth(['Eu', eu], ['Us', us])
    expect(Object.entries(remembered()).map(([key, { path }]) => [key, path])).toEqual([
      ['shop', 'Eu/Tasks'],
      ['shop@111122223333/us-east-1', 'Us/Tasks'],
    ])
    expect(() => synth(['Eu', eu, { app: smaller() }], ['Us', us])).toThrow(/delete "apps\.shop\.queues\.emails"/)
  })

  it('in stages of the CDK and in nested stacks, whose names only CloudFormation knows', () => {
    const nested = () => {
      const app = new App({ analyticsReporting: false })
      for (const [stage, env] of [
        ['Beta', elsewhere],
        ['Live', eu],
      ] as const) {
        const parent = new Stack(new Stage(app, stage, { env }), 'Shop')
        add(new NestedStack(parent, 'Nested'))
      }
      app.synth()
    }
    nested()
    const first = readFileSync(file, 'utf8')
    expect(Object.values(remembered()).map(({ path }) => path)).toEqual([
      'Live/Shop/Nested/Tasks',
      'Beta/Shop/Nested/Tasks',
    ])
    expect(first).not.toContain('Token')
    nested()
    expect(readFileSync(file, 'utf8')).toBe(first)
  })

  it('does not remember a copy that RemovalPolicies throws away', () => {
    const app = new App({ analyticsReporting: false })
    const stack = new Stack(app, 'Shop')
    add(stack)
    RemovalPolicies.of(stack).destroy()
    app.synth()
    expect(() => readFileSync(file)).toThrow(/ENOENT/)
  })
})

it('dashboards, which belong to an account, have one name for each region', () => {
  const names = synth(['Eu', eu, { dashboard: true }], ['Us', us, { dashboard: true }]).map((stack) => {
    const { DashboardName } = find(Template.fromStack(stack), 'AWS::CloudWatch::Dashboard', () => true).Properties
    return DashboardName
  })
  expect(names).toEqual(['shop-eu-west-1', 'shop-us-east-1'])
})

it('a caller in another account is refused: names would mean its own queues and table', () => {
  const app = new App()
  const tasks = add(new Stack(app, 'Shop', { env: eu }))
  const there = new LambdaFunction(new Stack(app, 'Api', { env: elsewhere }), 'Api', {
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromInline('//'),
  })
  for (const grant of [tasks.grantEnqueue, tasks.grantResults, tasks.grantOperate])
    expect(() => grant.call(tasks, there)).toThrow(
      /account 111122223333, where the queues are, received one in 444455556666/,
    )
})
