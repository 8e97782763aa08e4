import { App, Stack, Validations } from 'aws-cdk-lib'
import { SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2'
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Tracing } from 'aws-cdk-lib/aws-lambda'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { AwsSolutionsChecks } from 'cdk-nag'
import { describe, expect, it } from 'vitest'
import { TaskQueues, type TaskQueuesProps } from '../../infra/index.ts'
import { code, shop } from './fixture.ts'

/** Synthesises with cdk-nag's AWS Solutions pack, which throws for what it finds. */
function checked(make: (stack: Stack) => void): () => void {
  const app = new App()
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  const stack = new Stack(app, 'Shop', { env: { region: 'eu-west-1', account: '111122223333' } })
  make(stack)
  return () => {
    app.synth()
  }
}

const tasks = (stack: Stack, props: Partial<TaskQueuesProps> = {}) =>
  new TaskQueues(stack, 'Tasks', { app: shop(), code, ...props })

describe('cdk-nag, AWS Solutions', () => {
  it('finds what is wrong (or this test would prove nothing)', () => {
    expect(checked((stack) => new Queue(stack, 'Bare'))).toThrow(/[Vv]alidation/)
  })

  it('finds nothing with all defaults', () => {
    expect(checked((stack) => tasks(stack))).not.toThrow()
  })

  it('finds nothing with grants to others', () => {
    const withGrants = checked((stack) => {
      const made = tasks(stack)
      const role = new Role(stack, 'Role', { assumedBy: new AccountRootPrincipal() })
      made.grantEnqueue(role, 'emails')
      made.grantResults(role)
      made.grantOperate(role)
    })
    expect(withGrants).not.toThrow()
  })

  it('finds nothing with a VPC, tracing and a key: what needs a wildcard is acknowledged with its reason', () => {
    const withAll = checked((stack) => {
      const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', {
        vpcId: 'vpc-0123456789abcdef0',
        availabilityZones: ['eu-west-1a'],
        privateSubnetIds: ['subnet-0123456789abcdef0'],
      })
      const made = tasks(stack, {
        workers: { vpc, tracing: Tracing.ACTIVE, securityGroups: [new SecurityGroup(stack, 'Group', { vpc })] },
        encryptionKey: new Key(stack, 'Key', { enableKeyRotation: true }),
      })
      const role = new Role(stack, 'Role', { assumedBy: new AccountRootPrincipal() })
      made.grantEnqueue(role, 'emails')
      made.grantOperate(role)
    })
    expect(withAll).not.toThrow()
  })
})
