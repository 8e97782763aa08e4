import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UsageError } from '../failure.ts'
import { ownPackage } from '../version.ts'
import { completePackage, type PackageReport } from './package-file.ts'
import { namesOf, type ProjectNames } from './project-names.ts'
import { type Surroundings, surroundingsOf } from './surroundings.ts'

export interface NewProject {
  /** The existing app's module, if there is one: then `names` does not describe it. */
  readonly existing: string | undefined
  /** How the module exports the app; undefined if unknown: then the new files import `app`. */
  readonly exportName: string | undefined
  readonly names: ProjectNames
  /** Files that were written. */
  readonly written: readonly string[]
  /** Files that existed and were not changed. */
  readonly left: readonly string[]
  /** Lines that .gitignore did not have. */
  readonly ignored: readonly string[]
  readonly package: PackageReport
}

const template = fileURLToPath(new URL('./template', import.meta.url))

/** Ports of `npm run dev`, so that `npm run call` finds it. */
export const devPorts = { sqs: 9_324, dynamodb: 9_325 } as const
const devEndpoint = `sqs=http://127.0.0.1:${devPorts.sqs},dynamodb=http://127.0.0.1:${devPorts.dynamodb}`

/**
 * Writes the files of a new project into a folder, made when missing. What is there is never overwritten. Where there is an app already, the new files
 * are made for it, and no example is written.
 *
 * @throws {UsageError} the folder is a file, or its package.json cannot be read
 */
export function makeProject(folder: string): NewProject {
  if (existsSync(folder) && !statSync(folder).isDirectory()) {
    throw new UsageError(`init: expected a folder, received the file ${folder}.`)
  }
  mkdirSync(folder, { recursive: true })
  const names = namesOf(basename(folder))
  const around = surroundingsOf(folder)
  const places = placesOf(around)
  // First, because it may throw.
  const packageReport = completePackage(join(folder, 'package.json'), needs(names, around, places))
  const written: string[] = []
  const left: string[] = []
  let ignored: readonly string[] = []
  for (const [source, target] of Object.entries(places)) {
    const path = join(folder, target)
    const text = filled(readFileSync(join(template, source), 'utf8'), names, source, places, around)
    if (!existsSync(path)) {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
      written.push(target)
    } else if (source === 'gitignore') ignored = ignoreMore(path, text)
    else left.push(target)
  }
  const { existing, exportName } = around
  return { existing, exportName, names, written, left, ignored, package: packageReport }
}

type Places = Readonly<Record<string, string>>

/** Where each file of the template goes. npm does not publish files named .gitignore. */
function placesOf({ existing, home, compilesAll }: Surroundings): Places {
  return {
    ...(existing === undefined && {
      'tasks.ts': posix.join(home, 'tasks.ts'),
      'test/tasks.test.ts': home === '' ? 'test/tasks.test.ts' : posix.join(home, 'tasks.test.ts'),
    }),
    'worker.ts': posix.join(home, 'worker.ts'),
    // A compiler that includes every TypeScript file ignores JavaScript.
    'infra/app.ts': compilesAll ? 'infra/app.mjs' : 'infra/app.ts',
    'cdk.json': 'cdk.json',
    'tsconfig.json': 'tsconfig.json',
    gitignore: '.gitignore',
  }
}

function filled(
  text: string,
  { app, stack }: ProjectNames,
  source: string,
  places: Places,
  { existing, exportName, importExtension }: Surroundings,
): string {
  const target = places[source] ?? source
  const tasks = existing ?? places['tasks.ts'] ?? 'tasks.ts'
  const extension = importExtension === 'js' && !target.endsWith('.mjs') ? tasks.replace(/ts$/, 'js') : tasks
  const path = posix.relative(posix.dirname(target), extension)
  const from = path.startsWith('.') ? path : `./${path}`
  const named = exportName === undefined || exportName === 'app' ? '{ app' : `{ ${exportName} as app`
  return text
    .replaceAll("'my-app'", `'${app}'`)
    .replaceAll("'MyApp'", `'${stack}'`)
    .replace(/\{ app(.*?) \} from '\.{1,2}\/tasks\.ts'/, (_, more: string) => `${named}${more} } from '${from}'`)
    .replace("entry: 'worker.ts'", `entry: '${places['worker.ts']}'`)
    .replace('infra/app.ts', places['infra/app.ts'] ?? 'infra/app.ts')
}

/** Adds missing lines to a .gitignore. */
function ignoreMore(path: string, text: string): readonly string[] {
  const present = readFileSync(path, 'utf8')
  const known = new Set(present.split('\n').map((line) => line.trim().replace(/^\/|\/$/g, '')))
  const missing = text
    .trim()
    .split('\n')
    .filter((line) => !known.has(line.replace(/\/$/, '')))
  if (missing.length > 0) appendFileSync(path, `${/(^|\n)$/.test(present) ? '' : '\n'}${missing.join('\n')}\n`)
  return missing
}

function needs({ app }: ProjectNames, { existing }: Surroundings, places: Places) {
  const { version, devDependencies } = ownPackage()
  const asHere = (...names: readonly string[]): Record<string, string> =>
    Object.fromEntries(names.map((name) => [name, devDependencies[name] ?? 'latest']))
  return {
    name: app,
    scripts: {
      dev: `celeriac dev --sqs-port ${devPorts.sqs} --dynamodb-port ${devPorts.dynamodb}`,
      call: `celeriac call --endpoint ${devEndpoint}`,
      deploy: 'cdk deploy',
      // A name, not a pattern: neither cmd.exe nor Node 20 expands patterns.
      ...(existing === undefined && { test: `tsx --test ${places['test/tasks.test.ts']}`, check: 'tsc --noEmit' }),
    },
    dependencies: { celeriac: `^${version}`, ...(existing === undefined && asHere('zod')) },
    devDependencies: asHere('@types/node', 'aws-cdk', 'aws-cdk-lib', 'constructs', 'tsx', 'typescript'),
  }
}
