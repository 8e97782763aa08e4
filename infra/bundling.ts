import { type BundlingOptions, OutputFormat, SourceMapMode } from 'aws-cdk-lib/aws-lambda-nodejs'
import { moduleScope } from '../shared/core/module-scope.ts'

/**
 * How the worker's entry becomes one file.
 *
 * - ES modules, minified: what loads at a cold start is small.
 * - The AWS SDK is part of it, as AWS advises: the version that was tested is the version that runs, and only the parts that are used load.
 * - `module` before `main`: the SDK's ES modules can be shaken, its CommonJS ones cannot.
 * - Source maps without sources: stacks name the lines that were written, and the code does not travel.
 * - `require`, `__filename` and `__dirname` for CommonJS packages among a task's dependencies, which ES modules do not have.
 * - Native addons that a module imports by their file are copied beside the bundle.
 */
export const workerBundling: BundlingOptions = {
  format: OutputFormat.ESM,
  target: 'node24',
  minify: true,
  // Records, dead letters and `retry.on` tell errors by the names of their classes, the app's own included. Costs 30 KB.
  keepNames: true,
  sourceMap: true,
  sourceMapMode: SourceMapMode.DEFAULT,
  sourcesContent: false,
  bundleAwsSDK: true,
  mainFields: ['module', 'main'],
  loader: { '.node': 'copy' },
  ...moduleScope('esm'),
}

/** The defaults with somebody's own options: banners and names add up, and follow the format. */
export function bundlingWith(own: BundlingOptions = {}): BundlingOptions {
  const format = own.format ?? OutputFormat.ESM
  return {
    ...workerBundling,
    ...own,
    format,
    loader: { ...workerBundling.loader, ...own.loader },
    ...moduleScope(format, own),
  }
}
