import { Architecture, type FunctionProps, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import type { Construct } from 'constructs'
import { bundlingWith } from './bundling.ts'
import * as defaults from './defaults.ts'
import { defined } from './defined.ts'
import { bundledCode, isBundledByCdk } from './worker-bundle.ts'
import type { WorkerCode } from './worker-settings.ts'

/** A function with the app's worker code: bundled once for all of them, or the bundle that was given. */
export function workerFunction(
  scope: Construct,
  { entry, code, bundling, projectRoot, depsLockFilePath }: WorkerCode,
  settings: Omit<FunctionProps, 'code'>,
): LambdaFunction {
  if (code !== undefined || entry === undefined || !isBundledByCdk(bundling)) {
    const { architecture = defaults.architecture } = settings
    const processor = architecture.name === Architecture.ARM_64.name ? 'arm64' : 'x86_64'
    return new LambdaFunction(scope, 'Function', {
      ...settings,
      code: code ?? bundledCode({ entry: entry ?? '', bundling, projectRoot, depsLockFilePath, processor }),
    })
  }
  return new NodejsFunction(
    scope,
    'Function',
    defined({
      ...settings,
      entry,
      projectRoot,
      depsLockFilePath,
      bundling: bundlingWith(bundling),
      // The variable is for version 2 of the SDK.
      awsSdkConnectionReuse: false,
    }),
  )
}
