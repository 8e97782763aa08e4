import type { Template } from 'aws-cdk-lib/assertions'
import { plain, type Resource, resourcesOf } from './fixture.ts'
import { allowedTo } from './policy.ts'

/** A template as a reviewer would tell it: one block for each resource, with what matters of it. Sorted by type and name. */
export function summary(template: Template): string {
  return Object.entries(resourcesOf(template))
    .map(([id, resource]) => block(template, id, resource))
    .filter((text) => text !== undefined)
    .sort()
    .join('\n\n')
}

function block(template: Template, id: string, { Type, Properties, DeletionPolicy }: Resource): string | undefined {
  // Rights are told with their roles; that queues refuse plain HTTP has its own test.
  if (['AWS::IAM::Policy', 'AWS::SQS::QueuePolicy'].includes(Type)) return undefined
  const kept = DeletionPolicy === undefined ? [] : [`  when it leaves the stack: ${DeletionPolicy}`]
  const lines = Type === 'AWS::IAM::Role' ? allowedTo(template, id).map((each) => `  may ${each}`) : tell(Properties)
  return [`${Type} ${id}`, ...lines, ...kept].join('\n')
}

function tell(properties: Resource['Properties']): readonly string[] {
  return Object.entries(properties)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([name, value]) => `  ${name}: ${name === 'DashboardBody' ? titles(value) : name === 'Code' ? '…' : deep(value)}`,
    )
}

function deep(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(deep).join('; ')}]`
  if (typeof value !== 'object' || value === null) return plain(value)
  const entries = Object.entries(value)
  const intrinsic = entries.length === 1 && /^(Ref$|Fn::)/.test(entries[0]?.[0] ?? '')
  return intrinsic ? plain(value) : entries.map(([name, inner]) => `${name}=${deep(inner)}`).join(' ')
}

function titles(body: unknown): string {
  const text = plain(body)
  return [...text.matchAll(/"title":"([^"]+)"|"markdown":"## ([^\\]+)/g)]
    .map(([, title, heading]) => title ?? heading)
    .join(', ')
}
