import { existsSync, rmSync } from 'node:fs'
import { Fn, Stack } from 'aws-cdk-lib'
import { Annotations, Match } from 'aws-cdk-lib/assertions'
import { Architecture, LayerVersion } from 'aws-cdk-lib/aws-lambda'
import { OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import type { TaskQueuesProps } from '../../infra/index.ts'
import { type LoadReport, loadVerdict } from '../../infra/load-verdict.ts'
import { BundleProject } from './bundle-project.ts'

vi.setConfig({ testTimeout: 120_000 })

const handler = 'export const handler = async () => undefined'
const project = new BundleProject({
  'node_modules/broken/package.json': '{"name":"broken","version":"1.0.0","main":"lib/main.js"}',
  'node_modules/broken/lib/main.js': 'exports.a = 1\nexports.b = undefinedName.x\n',
  'node_modules/absent/package.json': '{"name":"absent","version":"1.0.0","main":"main.js"}',
  'node_modules/absent/main.js': 'module.exports = 1',
  'node_modules/reads/package.json': '{"name":"reads","version":"1.0.0","main":"main.js"}',
  'node_modules/reads/main.js': "exports.wasm = require('fs').readFileSync(require('path').join(__dirname, 'x.wasm'))",
})
afterAll(() => project.remove())
afterEach(() => vi.unstubAllEnvs())

/** Whatever runs the tests, the bundle is for this machine. */
const here = process.arch === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64

/** Synthesises a worker of this code. @returns its stack, to ask for warnings */
function synth(code: string, { workers, ...props }: Partial<TaskQueuesProps> = {}): Stack {
  project.write({ 'worker.ts': code })
  const { cdk } = project.bundle({ workers: { architecture: here, ...workers }, ...props })
  const stack = cdk.node.findChild('Stack') as Stack
  cdk.synth()
  return stack
}

const warned = (stack: Stack) =>
  Annotations.fromStack(stack)
    .findWarning('*', Match.stringLikeRegexp('cannot be loaded'))
    .map(({ entry }) => String(entry.data))

describe('synth refuses a bundle that cannot start, and names what failed', () => {
  it.each<[string, string, RegExp, Partial<TaskQueuesProps>?]>([
    [
      'a package that breaks at once',
      `import { b } from 'broken'\nexport const handler = async () => b`,
      /Tasks\/defaultWorker cannot be loaded: ReferenceError: undefinedName is not defined, in .*node_modules\/broken\/lib\/main\.js:2/,
    ],
    [
      'a module of one’s own',
      `${handler}\nconst table: any = undefined\nexport const x = table.name`,
      /TypeError: .*, in .*worker\.ts:3/,
    ],
    [
      'a package that is left out',
      `import absent from 'absent'\nexport const handler = async () => absent`,
      /'absent' is not in the bundle.*bundling\.nodeModules/,
      { bundling: { externalModules: ['absent'] } },
    ],
    [
      'a package that is left out, in CommonJS',
      `import absent from 'absent'\nexport const handler = async () => absent`,
      /'absent' is not in the bundle/,
      { bundling: { externalModules: ['absent'], format: OutputFormat.CJS } },
    ],
    [
      'a file that is not in the bundle',
      `import { wasm } from 'reads'\nexport const handler = async () => wasm`,
      /ENOENT.*The file is not in the bundle/,
    ],
    [
      'no handler',
      'export const main = 1',
      /exports main, expected a function 'handler': export const handler = createWorker/,
    ],
    ['a handler that is no function', 'export const handler = 1', /exports handler, expected a function 'handler'/],
    ['a handler by another name', handler, /expected a function 'other'/, { handler: 'other' }],
    ['an end of the process', `${handler}\nprocess.exit(3)`, /it ends the process with 3/],
    ['a top-level await that never ends', `${handler}\nawait new Promise(() => {})`, /a top-level await never ends/],
    [
      'an import that fails later',
      `${handler}\nsetImmediate(() => { throw new TypeError('late') })\nawait new Promise((done) => setTimeout(done, 50))`,
      /TypeError: late/,
    ],
    ['something else than an error', `${handler}\nthrow 'a text'`, /a text/],
  ])('%s', (_, code, message, props) => {
    expect(() => synth(code, props)).toThrow(message)
  })
})

describe('synth lets pass', () => {
  it('what loads, with the function’s variables, however they come', () => {
    const code = `${handler}\nif (process.env.GIVEN !== 'value' || !process.env.CELERIAC_TABLE) throw new Error('unset')`
    expect(warned(synth(code, { workers: { environment: { GIVEN: 'value' } } }))).toEqual([])
    project.write({ 'worker.ts': code })
    const { cdk } = project.bundle({ entry: project.path('worker.ts'), workers: { architecture: here } })
    const { routes } = cdk.node.findChild('Stack').node.findChild('Tasks') as unknown as {
      routes: ReadonlyMap<string, { worker: { function: { addEnvironment(name: string, value: string): void } } }>
    }
    for (const { worker } of routes.values()) worker.function.addEnvironment('GIVEN', 'value')
    expect(() => cdk.synth()).not.toThrow()
  })

  it('what a layer brings, what Lambda has, and what is imported only when needed', () => {
    const code = (name: string) => `import x from '${name}'\nexport const handler = async () => x`
    const bundling = { externalModules: ['absent', '@aws-sdk/*'] }
    const layer = LayerVersion.fromLayerVersionArn(
      new Stack(),
      'Layer',
      'arn:aws:lambda:eu-west-1:111122223333:layer:x:1',
    )
    expect(() => synth(code('absent'), { bundling, workers: { layers: [layer] } })).not.toThrow()
    expect(() =>
      synth(
        "import { S3 } from '@aws-sdk/client-dynamodb'\nexport const handler = async () => [S3]".replaceAll(
          'S3',
          'DynamoDBClient',
        ),
        { bundling },
      ),
    ).not.toThrow()
    expect(() => synth(`export const handler = async () => import('absent')`, { bundling })).not.toThrow()
  })

  it('with a warning, what asks for variables that it does not have here', () => {
    const [warning, ...more] = warned(synth(`${handler}\nif (!process.env.DB_URL) throw new Error('no database')`))
    expect(warning).toMatch(/Error: no database, in .*worker\.ts:2.*Not set here: DB_URL\. It may load at AWS/)
    expect(more).toHaveLength(1)
    const secret = Fn.importValue('queue-url')
    expect(
      warned(synth(`${handler}\nnew URL(process.env.QUEUE_URL!)`, { workers: { environment: { QUEUE_URL: secret } } })),
    ).toEqual([expect.stringMatching(/Not set here: QUEUE_URL/), expect.anything()])
  })

  it('with a warning, what wants to reach something: nobody answers, and no credentials are there', () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'secret')
    const code = `${handler}
      if (process.env.AWS_ACCESS_KEY_ID === 'secret') throw new Error('credentials')
      await fetch(process.env.AWS_ENDPOINT_URL!)`
    expect(warned(synth(code))[0]).toMatch(/fetch failed/)
  })

  it('everything, when told so, or when the CDK bundles nothing', () => {
    expect(() => synth('export const main = 1', { checkBundle: false })).not.toThrow()
  })
})

it('what has loaded once is not loaded again', () => {
  const mark = project.path('loaded')
  const code = `import { writeFileSync } from 'node:fs'\nwriteFileSync(${JSON.stringify(mark)}, '')\n${handler}`
  synth(code)
  expect(existsSync(mark)).toBe(true)
  rmSync(mark)
  synth(`${code}\n`)
  expect(existsSync(mark)).toBe(false)
})

describe('what is known of a failure', () => {
  const place = {
    handler: 'handler',
    root: '/asset',
    folder: '/',
    unknown: [],
    elsewhere: /^@aws-sdk/,
    olderNode: false,
    foreignAddons: false,
  }
  const failed = (error: Partial<NonNullable<LoadReport['error']>>, where: Partial<typeof place> = {}) =>
    loadVerdict({ asked: [], error: { name: 'Error', message: '', stack: '', ...error } }, { ...place, ...where }).kind

  it('on a Node older than Lambda’s, new syntax and new names may be the reason', () => {
    for (const error of [
      { name: 'SyntaxError', message: 'Unexpected token' },
      { name: 'ReferenceError', message: 'Iterator is not defined' },
    ]) {
      expect(failed(error)).toBe('fails')
      expect(failed(error, { olderNode: true })).toBe('unclear')
    }
    expect(failed({ name: 'ReferenceError', message: '__dirname is not defined' }, { olderNode: true })).toBe('fails')
    expect(
      failed({ name: 'SyntaxError', message: "Identifier 'require' has already been declared" }, { olderNode: true }),
    ).toBe('fails')
  })

  it('an addon for another processor cannot be tried; what is missing is missing everywhere', () => {
    expect(failed({ code: 'ERR_DLOPEN_FAILED' })).toBe('fails')
    expect(failed({ code: 'ERR_DLOPEN_FAILED' }, { foreignAddons: true })).toBe('loads')
    expect(failed({ message: 'Could not load the "sharp" module' }, { foreignAddons: true })).toBe('loads')
    expect(failed({ message: "Cannot find module 'x'" }, { foreignAddons: true, olderNode: true })).toBe('fails')
  })
})
