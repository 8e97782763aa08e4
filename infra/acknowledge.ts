import { Validations } from 'aws-cdk-lib'
import type { IGrantable } from 'aws-cdk-lib/aws-iam'
import { Construct, type IConstruct } from 'constructs'

/**
 * Says why a rule of cdk-nag's packs does not apply here, for one construct and what is below it. Kept in the template's metadata by the CDK
 * itself; without cdk-nag it does nothing.
 *
 * @param rule for example `AwsSolutions-IAM5[Resource::*]`
 */
export function acknowledge(construct: IConstruct, rule: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: rule, reason })
}

/** The same for a grantee that is a construct of this app (an imported principal has no policy here). */
export function acknowledgeFor({ grantPrincipal }: IGrantable, rule: string, reason: string): void {
  if (Construct.isConstruct(grantPrincipal)) acknowledge(grantPrincipal, rule, reason)
}
