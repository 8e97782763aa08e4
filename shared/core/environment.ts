import { tableName } from './names.ts'

/** Where a process finds the app's queues and table. No other file names Celeriac's environment variables. */
export interface Environment {
  /** CELERIAC_PREFIX. @default app name and stage */
  readonly prefix: string
  /** CELERIAC_TABLE. @default the prefix */
  readonly table: string
  /** CELERIAC_QUEUE_BASE_URL: queue URLs without their last segment. @default asked of SQS once per queue */
  readonly queueBaseUrl: string | undefined
}

/** @param variables `process.env`, passed in so that nothing else reads it */
export function readEnvironment(prefix: string, variables: Readonly<Record<string, string | undefined>>): Environment {
  const actual = variables.CELERIAC_PREFIX || prefix
  return {
    prefix: actual,
    table: variables.CELERIAC_TABLE || tableName(actual),
    queueBaseUrl: variables.CELERIAC_QUEUE_BASE_URL?.replace(/\/+$/, '') || undefined,
  }
}

/** CELERIAC_BUILD: the build of the running code, set by the CDK construct. Cut to 12 characters. Undefined if not set. */
export function readBuild(variables: Readonly<Record<string, string | undefined>>): string | undefined {
  return variables.CELERIAC_BUILD?.slice(0, 12) || undefined
}

const logLevels: Readonly<Record<string, 'debug' | 'info' | 'warn' | 'error'>> = {
  TRACE: 'debug',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
  FATAL: 'error',
}

/**
 * From which level on lines are written: Lambda's own setting, which the function's logging configuration puts into the environment.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
 */
export function readLogLevel(variables: Readonly<Record<string, string | undefined>>) {
  return logLevels[variables.AWS_LAMBDA_LOG_LEVEL?.toUpperCase() ?? ''] ?? 'info'
}

/** The variables another process needs to find the same queues and table. */
export function writeEnvironment(environment: Environment): Record<string, string> {
  return {
    CELERIAC_PREFIX: environment.prefix,
    CELERIAC_TABLE: environment.table,
    ...(environment.queueBaseUrl !== undefined && { CELERIAC_QUEUE_BASE_URL: environment.queueBaseUrl }),
  }
}
