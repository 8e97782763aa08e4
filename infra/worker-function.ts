import {
  Architecture,
  type FunctionProps,
  type ILayerVersion,
  Function as LambdaFunction,
} from 'aws-cdk-lib/aws-lambda'
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import type { Construct } from 'constructs'
import { bundlingWith } from './bundling.ts'
import { defined } from './defined.ts'
import { checkThatItLoads } from './load-check.ts'
import { bundledCode, isBundledByCdk } from './worker-bundle.ts'
import type { WorkerCode } from './worker-settings.ts'

/** A function with the app's worker code: bundled once for all of them, or the bundle that was given. */
export function workerFunction(
  scope: Construct,
  props: WorkerCode & { readonly layers?: readonly ILayerVersion[] },
  settings: Omit<FunctionProps, 'code'>,
): LambdaFunction {
  const { entry = '', code, bundling, projectRoot, depsLockFilePath, handler = 'handler', layers = [] } = props
  if (code !== undefined) return new LambdaFunction(scope, 'Function', { ...settings, code })
  const processor = settings.architecture === Architecture.X86_64 ? 'x86_64' : 'arm64'
  const made = isBundledByCdk(bundling)
    ? new NodejsFunction(
        scope,
        'Function',
        // The variable is for version 2 of the SDK.
        defined({
          ...settings,
          ...{ entry, projectRoot, depsLockFilePath, bundling: bundlingWith(bundling), awsSdkConnectionReuse: false },
        }),
      )
    : new LambdaFunction(scope, 'Function', {
        ...settings,
        code: bundledCode({ entry, bundling, projectRoot, depsLockFilePath, processor }),
      })
  if (props.checkBundle !== false)
    checkThatItLoads(scope, { function: made, handler, processor, layers: layers.length > 0 })
  return made
}
