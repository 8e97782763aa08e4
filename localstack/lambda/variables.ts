/** A function as its environments see it. */
export interface FunctionOptions {
  readonly name: string
  readonly memoryMb: number
  readonly region: string
  /** The folder of the code. */
  readonly taskRoot: string
  /** `file.export` */
  readonly handler: string
}

/**
 * The environment variables of an execution environment, the reserved ones included.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 *
 * @param inherited of this process: tasks find what their developer set, e.g. DATABASE_URL
 * @param own of the function; reserved names win over them, as Lambda refuses to set those
 */
export function environmentVariables(
  facts: FunctionOptions,
  api: string,
  inherited: Readonly<Record<string, string | undefined>>,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const given: Record<string, string> = {}
  for (const [name, value] of Object.entries(inherited)) {
    if (value !== undefined && !misleading.has(name)) given[name] = value
  }
  return {
    AWS_REGION: facts.region,
    AWS_DEFAULT_REGION: facts.region,
    LANG: 'en_US.UTF-8',
    ...given,
    TZ: ':UTC',
    ...own,
    _HANDLER: facts.handler,
    AWS_EXECUTION_ENV: `AWS_Lambda_nodejs${process.versions.node.split('.')[0]}.x`,
    AWS_LAMBDA_FUNCTION_NAME: facts.name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(facts.memoryMb),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${facts.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: `local/[$LATEST]${api.replace(/\D/g, '')}`,
    AWS_LAMBDA_RUNTIME_API: api,
    LAMBDA_TASK_ROOT: facts.taskRoot,
    LAMBDA_RUNTIME_DIR: '/var/runtime',
  }
}

/**
 * Not inherited. A profile would override the keys and need its files or a login; the others describe the parent
 * process.
 */
const misleading = new Set([
  'AWS_PROFILE',
  'AWS_DEFAULT_PROFILE',
  '_X_AMZN_TRACE_ID',
  'NODE_CHANNEL_FD',
  'NODE_UNIQUE_ID',
])

/** Heap limits as Lambda's Node runtime sets them: a task that needs more memory than its queue has fails here, too. */
export function heapFlags(memoryMb: number): readonly string[] {
  return [
    `--max-old-space-size=${Math.floor(memoryMb * 0.9)}`,
    `--max-semi-space-size=${Math.max(1, Math.floor(memoryMb * 0.05))}`,
  ]
}
