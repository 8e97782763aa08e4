import { type BundlingOptions, OutputFormat, SourceMapMode } from 'aws-cdk-lib/aws-lambda-nodejs'

/**
 * How the worker's entry becomes one file.
 *
 * - ES modules, minified: what loads at a cold start is small.
 * - The AWS SDK is part of it, as AWS advises: the version that was tested is the version that runs, and only the parts that are used load.
 * - `module` before `main`: the SDK's ES modules can be shaken, its CommonJS ones cannot.
 * - Source maps without sources: stacks name the lines that were written, and the code does not travel.
 * - `require` for CommonJS packages among a task's dependencies, which bundled as ES modules otherwise fail at their first `require('node:…')`.
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
  banner:
    "import{createRequire as __celeriacRequire}from'node:module';const require=__celeriacRequire(import.meta.url);",
}
