import { invalidAttribute, invalidValue, missingParameter, SqsError } from './errors.ts'
import { MAX_POLICY_ACTIONS, MAX_POLICY_BYTES, MAX_POLICY_STATEMENTS } from './limits.ts'

interface Statement {
  Sid?: string
  [member: string]: unknown
}

interface Policy {
  Version?: string
  Id?: string
  Statement?: Statement | Statement[]
  [member: string]: unknown
}

/**
 * A queue's access policy is kept and shown but never enforced: every client that reaches a local queue may use it.
 * Source of the size limit: Developer Guide, "Amazon SQS policy quotas".
 */
export function checkPolicy(text: string): string {
  if (Buffer.byteLength(text) > MAX_POLICY_BYTES) {
    throw invalidAttribute('Policy', `It must not be longer than ${MAX_POLICY_BYTES} bytes.`)
  }
  try {
    const policy: unknown = JSON.parse(text)
    if (typeof policy === 'object' && policy !== null && !Array.isArray(policy)) return text
  } catch {
    // falls through to the one error below
  }
  throw invalidAttribute('Policy', 'It is not a JSON object.')
}

const LABEL = /^[A-Za-z0-9_-]{1,80}$/
const ACTIONS = new Set([
  '*',
  'SendMessage',
  'ReceiveMessage',
  'DeleteMessage',
  'ChangeMessageVisibility',
  'GetQueueAttributes',
  'GetQueueUrl',
  'ListDeadLetterSourceQueues',
  'PurgeQueue',
])

/** The policy with one more statement, in the form that AddPermission writes. Source: API_AddPermission. */
export function withPermission(
  current: string | undefined,
  arn: string,
  input: { Label?: string | undefined; AWSAccountIds?: string[] | undefined; Actions?: string[] | undefined },
): string {
  const { Label: label, AWSAccountIds: accounts, Actions: actions } = input
  if (label === undefined) throw missingParameter('Label')
  if (!accounts?.length) throw missingParameter('AWSAccountIds')
  if (!actions?.length) throw missingParameter('Actions')
  if (!LABEL.test(label)) {
    throw invalidValue(label, 'Label', 'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80.')
  }
  for (const account of accounts) {
    if (!/^\d{12}$/.test(account)) throw invalidValue(account, 'PrincipalId', 'Unable to verify.')
  }
  for (const action of actions) {
    if (!ACTIONS.has(action))
      throw invalidValue(`SQS:${action}`, 'ActionName', 'Only the queue owner is allowed to invoke this action.')
  }
  if (actions.length > MAX_POLICY_ACTIONS) {
    throw new SqsError('OverLimit', `${actions.length} Actions were found, maximum allowed is ${MAX_POLICY_ACTIONS}.`)
  }
  const policy: Policy =
    current === undefined ? { Version: '2008-10-17', Id: `${arn}/SQSDefaultPolicy` } : parse(current)
  const statements = statementsOf(policy)
  if (statements.some((statement) => statement.Sid === label)) throw invalidValue(label, 'Label', 'Already exists.')
  if (statements.length >= MAX_POLICY_STATEMENTS) {
    throw new SqsError('OverLimit', `A policy can have at most ${MAX_POLICY_STATEMENTS} statements.`)
  }
  const one = (values: string[]): string | string[] => (values.length === 1 ? (values[0] ?? '') : values)
  statements.push({
    Sid: label,
    Effect: 'Allow',
    Principal: { AWS: one(accounts.map((account) => `arn:aws:iam::${account}:root`)) },
    Action: one(actions.map((action) => `SQS:${action}`)),
    Resource: arn,
  })
  return JSON.stringify({ ...policy, Statement: statements })
}

/**
 * The policy without the statement with that label; undefined when no statement is left. Source:
 * API_RemovePermission.
 */
export function withoutPermission(current: string | undefined, label: string | undefined): string | undefined {
  if (label === undefined) throw missingParameter('Label')
  const policy: Policy = current === undefined ? {} : parse(current)
  const statements = statementsOf(policy)
  const left = statements.filter((statement) => statement.Sid !== label)
  if (left.length === statements.length) throw invalidValue(label, 'Label', "can't find label.")
  return left.length === 0 ? undefined : JSON.stringify({ ...policy, Statement: left })
}

const parse = (text: string): Policy => JSON.parse(text) as Policy

function statementsOf(policy: Policy): Statement[] {
  const statement = policy.Statement
  return statement === undefined ? [] : Array.isArray(statement) ? [...statement] : [statement]
}
