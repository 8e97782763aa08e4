import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Annotations, Stack, Stage, Token } from 'aws-cdk-lib'
import type { CfnFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { Asset } from 'aws-cdk-lib/aws-s3-assets'
import type { Construct } from 'constructs'
import { type LoadReport, type LoadVerdict, loadVerdict } from './load-verdict.ts'
import { hasAddons, type Processor } from './machine-code.ts'

export interface LoadCheck {
  readonly function: LambdaFunction
  /** Name of the export. */
  readonly handler: string
  readonly processor: Processor
  /** With layers, packages may be there that are not in the bundle. */
  readonly layers: boolean
}

/**
 * Makes synth import the bundle once, in a process of its own: what cannot start at AWS is refused here, with the module that failed. Nothing of this account
 * can be reached from there, and what the function's variables are only at AWS is made up.
 */
export function checkThatItLoads(scope: Construct, check: LoadCheck): void {
  scope.node.addValidation({
    validate: () => {
      const root = folderOf(check.function)
      if (root === undefined) return []
      const { kind, why } = verdictOn(root, check)
      const said = `The bundle of ${scope.node.path} cannot be loaded: ${why}.`
      if (kind === 'unclear')
        Annotations.of(scope).addWarningV2(
          'celeriac:load',
          `${said} It may load at AWS. With checkBundle: false it is not tried.`,
        )
      return kind === 'fails' ? [`${said} With checkBundle: false it is not tried.`] : []
    },
  })
}

/** Where the CDK put the bundle. Undefined if bundling is turned off. */
function folderOf(fn: LambdaFunction): string | undefined {
  const asset = fn.node.tryFindChild('Code')
  const outdir = Stage.of(fn)?.outdir
  if (!(asset instanceof Asset) || outdir === undefined || !Stack.of(fn).bundlingRequired) return undefined
  return realpathSync(join(outdir, asset.assetPath))
}

const script = fileURLToPath(new URL('load-bundle.mjs', import.meta.url))
const verdicts = new Map<string, LoadVerdict>()
/** A cold start may take 10 s at Lambda before it counts as failed. */
const patienceMs = 20_000
/** What Lambda's Node has by itself. */
const ofLambda = '^@(aws-sdk|smithy)/'

function verdictOn(root: string, { function: fn, handler, processor, layers }: LoadCheck): LoadVerdict {
  const file = ['index.mjs', 'index.js'].map((name) => join(root, name)).find((path) => existsSync(path))
  if (file === undefined) return { kind: 'fails', why: 'there is no index.mjs and no index.js in it' }
  const { variables, unknown } = variablesOf(fn)
  const elsewhere = layers ? '' : ofLambda
  const order = { file, root, handler, elsewhere }
  const key = createHash('sha256')
    .update(readFileSync(file))
    .update(JSON.stringify([handler, elsewhere, variables, process.version, readFileSync(script, 'utf8')]))
    .digest('hex')
  const known = verdicts.get(key)
  if (known !== undefined) return known
  const seen = join(root, '..', '.cache', 'celeriac', key)
  if (existsSync(seen)) return { kind: 'loads', why: '' }
  const verdict = loadVerdict(load(order, variables), {
    ...{ handler, root, unknown, elsewhere: new RegExp(elsewhere), folder: process.cwd() },
    olderNode: Number(process.versions.node.split('.')[0]) < 24,
    foreignAddons:
      (process.platform !== 'linux' || process.arch !== (processor === 'arm64' ? 'arm64' : 'x64')) && hasAddons(root),
  })
  verdicts.set(key, verdict)
  if (verdict.kind === 'loads') {
    mkdirSync(join(seen, '..'), { recursive: true })
    writeFileSync(seen, '')
  }
  return verdict
}

function load(order: object, variables: Readonly<Record<string, string>>): LoadReport {
  const { output } = spawnSync(
    process.execPath,
    ['--enable-source-maps', '--no-warnings', script, JSON.stringify(order)],
    {
      env: variables,
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
      timeout: patienceMs,
      killSignal: 'SIGKILL',
    },
  )
  const text = output?.[3] ?? ''
  if (text !== '') return JSON.parse(text) as LoadReport
  const message = `it took more than ${patienceMs / 1_000} s`
  return { error: { name: 'Timeout', message, code: 'ETIMEDOUT', stack: '' }, asked: [] }
}

/** The function's own, and what Lambda adds. No credentials, and an endpoint that does not answer: no request reaches AWS. */
function variablesOf(fn: LambdaFunction) {
  const resource = fn.node.defaultChild as CfnFunction
  const resolved = Stack.of(fn).resolve(resource.environment) as
    | { variables?: Readonly<Record<string, unknown>> }
    | undefined
  const own = Object.entries(resolved?.variables ?? {}).filter(([name]) => name !== 'NODE_OPTIONS')
  const { region } = Stack.of(fn)
  const name = 'celeriac-load-check'
  return {
    unknown: own
      .filter(([, value]) => typeof value !== 'string')
      .map(([variable]) => variable)
      .filter((variable) => !variable.startsWith('CELERIAC_')),
    variables: {
      PATH: process.env.PATH ?? '',
      TZ: ':UTC',
      AWS_REGION: Token.isUnresolved(region) ? 'us-east-1' : region,
      AWS_ACCESS_KEY_ID: 'none',
      AWS_SECRET_ACCESS_KEY: 'none',
      AWS_SESSION_TOKEN: 'none',
      // Nothing listens there, and fetch() does not refuse the port by itself, as it does with port 1.
      AWS_ENDPOINT_URL: 'http://127.0.0.1:2',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(resource.memorySize ?? 128),
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      ...Object.fromEntries(
        own.map(([variable, value]) => [variable, typeof value === 'string' ? value : `${name}-${variable}`]),
      ),
    },
  }
}
