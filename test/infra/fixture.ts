import { App, type AppProps, Stack, type StackProps } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { Code } from 'aws-cdk-lib/aws-lambda'
import { vi } from 'vitest'
import { TaskQueues, type TaskQueuesProps } from '../../infra/index.ts'
import { type AppOptions, defineApp } from '../../shared/core/app.ts'

// The first template of a process loads the CDK and its validation: seconds on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

/** Two queues: one with defaults, one with everything set. */
export const shopQueues: AppOptions['queues'] = {
  emails: {},
  video: { concurrency: 5, memory: 3_008, timeout: '15m', batchSize: 1, batchWindow: '20s' },
}

export function shop(options: Partial<AppOptions> = {}) {
  const app = defineApp({ name: 'shop', queues: shopQueues, ...options })
  if (app.queues.emails !== undefined) app.add('emails.send', { queue: 'emails' }, () => 'sent')
  if (app.queues.video !== undefined) app.add('video.encode', { queue: 'video' }, () => 'encoded')
  return app
}

/** Bundles nothing: the code is a line. */
export const code = Code.fromInline('export const handler = async () => undefined')

/** What the CDK's own validation finds is an error. */
const strict = { '@aws-cdk/core:validateAgainstDefaultRules': true }

/** What a stack with an app's queues is. */
export function deploy(
  props: Partial<TaskQueuesProps> = {},
  { cdk = {}, stack: stackProps = {} }: { readonly cdk?: AppProps; readonly stack?: StackProps } = {},
) {
  const cdkApp = new App({ ...cdk, context: { ...strict, ...cdk.context } })
  const stack = new Stack(cdkApp, 'Shop', stackProps)
  const tasks = new TaskQueues(stack, 'Tasks', { app: shop(), code, ...props })
  return { cdkApp, stack, tasks, template: () => Template.fromStack(stack) }
}

export interface Resource {
  readonly Type: string
  readonly Properties: Readonly<Record<string, unknown>>
  readonly DeletionPolicy?: string
  readonly UpdateReplacePolicy?: string
}

/** All resources of a template by logical id. */
export function resourcesOf(template: Template): Readonly<Record<string, Resource>> {
  return template.toJSON().Resources as Record<string, Resource>
}

/** The one resource of a type whose properties match. */
export function find(
  template: Template,
  type: string,
  wanted: (properties: Resource['Properties']) => boolean,
): Resource {
  const found = Object.values(resourcesOf(template)).filter((each) => each.Type === type && wanted(each.Properties))
  const [only] = found
  if (only === undefined || found.length > 1) throw new Error(`expected one ${type}, received ${found.length}`)
  return only
}

/** CloudFormation's ways to write a text, as a person would. */
export function plain(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.map(plain).join(', ')
  if (typeof value === 'object' && value !== null) {
    const { Ref, 'Fn::Join': join, 'Fn::GetAtt': attribute } = value as Record<string, unknown>
    if (typeof Ref === 'string') return `\${${Ref.replace('AWS::', '')}}`
    if (Array.isArray(join)) return (join[1] as unknown[]).map(plain).join(String(join[0]))
    if (Array.isArray(attribute)) return `\${${attribute.join('.')}}`
  }
  return JSON.stringify(value)
}
