import { join } from 'node:path'
import { run } from './command.ts'
import { root } from './folders.ts'

export interface CdkRun {
  /** The folder of the `cdk.json` that is deployed. @default the repository */
  readonly cwd?: string
  readonly env: NodeJS.ProcessEnv
  /** Context values, as `-c name=value`. */
  readonly context?: Readonly<Record<string, string>>
  /** Where the template goes; two runs at once need two. @default `cdk.out` below `cwd` */
  readonly output?: string
  readonly onOutput?: (text: string) => void
}

const cli = join(root, 'node_modules', 'aws-cdk', 'bin', 'cdk')

/** `cdk bootstrap`: what CDK needs once per account and region. */
export const bootstrap = (options: CdkRun): Promise<string> => cdk(['bootstrap'], options)

/** The plain `cdk deploy` of all stacks. */
export const deploy = (options: CdkRun): Promise<string> =>
  cdk(['deploy', '--all', '--require-approval', 'never', '--progress', 'events'], options)

/** `cdk destroy` of all stacks, without asking. */
export const destroy = (options: CdkRun): Promise<string> => cdk(['destroy', '--all', '--force'], options)

function cdk(command: readonly string[], { cwd = root, env, context = {}, output, onOutput }: CdkRun): Promise<string> {
  const values = Object.entries(context).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const args = [cli, ...command, '--no-notices', '--ci', ...(output ? ['--output', output] : []), ...values]
  return run(process.execPath, args, {
    cwd,
    // Says on each run that Node 20 is old; the engines field says which versions are right.
    env: {
      ...env,
      JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: 'true',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    },
    ...(onOutput ? { onOutput } : {}),
  })
}
