import type { Template } from 'aws-cdk-lib/assertions'
import { plain, type Resource, resourcesOf } from './fixture.ts'

interface Statement {
  readonly Effect: string
  readonly Action: string | readonly string[]
  readonly Resource: unknown
}

/** What a role may do, as `action on resource`, sorted, however the CDK grouped it. */
export function allowedTo(template: Template, role: string): readonly string[] {
  const resources = resourcesOf(template)
  const policies = Object.values(resources).filter(
    ({ Type, Properties }) =>
      Type === 'AWS::IAM::Policy' && (Properties.Roles as { Ref: string }[]).some(({ Ref }) => Ref === role),
  )
  return [...new Set(policies.flatMap(({ Properties }) => statementsOf(Properties)))].sort()
}

function statementsOf({ PolicyDocument }: Resource['Properties']): string[] {
  const { Statement: statements } = PolicyDocument as { Statement: readonly Statement[] }
  return statements.flatMap(({ Effect, Action, Resource: on }) => {
    if (Effect !== 'Allow') throw new Error(`expected Allow, received ${Effect}`)
    const actions = typeof Action === 'string' ? [Action] : Action
    const targets = Array.isArray(on) ? on : [on]
    return actions.flatMap((action) => targets.map((target) => `${action} on ${short(plain(target))}`))
  })
}

/** Without partition, region and account, which are the stack's. */
function short(arn: string): string {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's pseudo parameters as text
  return arn.replace('arn:${Partition}:', '').replace(':${Region}:${AccountId}:', ':')
}

/** The logical id of the role with this beginning. */
export function roleLike(template: Template, start: string): string {
  const found = Object.entries(resourcesOf(template)).filter(
    ([id, { Type }]) => Type === 'AWS::IAM::Role' && id.startsWith(start),
  )
  const [only] = found
  if (only === undefined || found.length > 1) throw new Error(`expected one role ${start}, received ${found.length}`)
  return only[0]
}
