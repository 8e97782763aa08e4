import { Stack } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { writeEnvironment } from '../shared/core/environment.ts'
import type { DeployedApp } from './task-app.ts'

/**
 * The variables by which the client finds the app's queues and table. Plain names, so that a producer in another stack is not tied to this one.
 *
 * @param scope whose stack has the queues
 */
export function clientEnvironment(scope: Construct, { prefix, tableName }: DeployedApp): Record<string, string> {
  const { region, account, urlSuffix } = Stack.of(scope)
  return writeEnvironment({
    prefix,
    table: tableName,
    queueBaseUrl: `https://sqs.${region}.${urlSuffix}/${account}`,
  })
}
