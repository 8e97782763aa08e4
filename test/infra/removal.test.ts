import { type App, MissingRemovalPolicies, RemovalPolicies, RemovalPolicy, type Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { describe, expect, it } from 'vitest'
import type { TaskQueues } from '../../infra/index.ts'
import { deploy, find, resourcesOf } from './fixture.ts'

type Deployed = { readonly cdkApp: App; readonly stack: Stack; readonly tasks: TaskQueues }

/** The template after something has been said about removal from outside of the constructs. */
function after(change: (deployed: Deployed) => void, removalPolicy?: RemovalPolicy): Template {
  const deployed = deploy(removalPolicy === undefined ? {} : { removalPolicy })
  change(deployed)
  return Template.fromStack(deployed.stack)
}

function tableIsProtected(template: Template): unknown {
  const { Replicas } = find(template, 'AWS::DynamoDB::GlobalTable', () => true).Properties
  return (Replicas as { DeletionProtectionEnabled: unknown }[])[0]?.DeletionProtectionEnabled
}

/** Types of resources that stay when the stack goes. */
function staying(template: Template): readonly string[] {
  const kept = Object.values(resourcesOf(template)).filter(({ DeletionPolicy }) => /^Retain/.test(DeletionPolicy ?? ''))
  return [...new Set(kept.map(({ Type }) => Type))].sort()
}

describe('deletion protection follows the policy that the template has in the end', () => {
  it.each<[string, boolean, (deployed: Deployed) => void, RemovalPolicy?]>([
    ['nothing said', true, () => {}],
    ['RemovalPolicies.of(stack).destroy()', false, ({ stack }) => RemovalPolicies.of(stack).destroy()],
    ['RemovalPolicies.of(app).destroy()', false, ({ cdkApp }) => RemovalPolicies.of(cdkApp).destroy()],
    ['the construct of the table', false, ({ tasks }) => tasks.table.table.applyRemovalPolicy(RemovalPolicy.DESTROY)],
    ['retain() after DESTROY', true, ({ stack }) => RemovalPolicies.of(stack).retain(), RemovalPolicy.DESTROY],
    [
      'retainOnUpdateOrDelete(), which deletes what could not be created',
      false,
      ({ stack }) => RemovalPolicies.of(stack).retainOnUpdateOrDelete(),
    ],
    ['only missing policies', true, ({ stack }) => MissingRemovalPolicies.of(stack).destroy()],
  ])('%s: %s', (_, expected, change, removalPolicy) => {
    expect(tableIsProtected(after(change, removalPolicy))).toBe(expected)
  })
})

it('destroy() leaves nothing that stays, or that stops the stack from going', () => {
  const template = after(({ stack }) => RemovalPolicies.of(stack).destroy())
  expect(staying(template)).toEqual([])
  for (const { Type, UpdateReplacePolicy } of Object.values(resourcesOf(template)))
    expect(UpdateReplacePolicy ?? 'Delete', Type).toBe('Delete')
})
