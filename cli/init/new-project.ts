import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UsageError } from '../failure.ts'
import { appAt } from '../find-app.ts'
import { ownPackage } from '../version.ts'
import { completePackage, type PackageReport } from './package-file.ts'
import { namesOf, type ProjectNames } from './project-names.ts'

export interface NewProject {
  /** The app's module, where there was one already: the names are not its own. */
  readonly existing: string | undefined
  readonly names: ProjectNames
  /** Files that were written. */
  readonly written: readonly string[]
  /** Files that were there, and are as they were. */
  readonly left: readonly string[]
  readonly package: PackageReport
}

const template = fileURLToPath(new URL('./template', import.meta.url))
/** npm leaves out files of the name .gitignore. */
const files = {
  'tasks.ts': 'tasks.ts',
  'worker.ts': 'worker.ts',
  'test/tasks.test.ts': 'test/tasks.test.ts',
  'infra/app.ts': 'infra/app.ts',
  'cdk.json': 'cdk.json',
  'tsconfig.json': 'tsconfig.json',
  '.gitignore': 'gitignore',
} as const

/** Where `npm run dev` serves, so that `npm run call` finds it. */
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
  // First of all: it is what may be refused.
  const packageReport = completePackage(join(folder, 'package.json'), needs(names))
  const existing = appAt(folder)
  const written: string[] = []
  const left: string[] = []
  for (const [target, source] of Object.entries(files)) {
    const isExample = target === 'tasks.ts' || target === 'test/tasks.test.ts'
    const path = join(folder, target)
    if (existsSync(path)) left.push(target)
    else if (isExample && existing !== undefined) continue
    else {
      mkdirSync(dirname(path), { recursive: true })
      const content = filled(readFileSync(join(template, source), 'utf8'), names)
      writeFileSync(path, existing === undefined ? content : content.replace(/(['"])(\.\.?\/)tasks\.ts\1/g, importOf))
      written.push(target)
    }
  }
  return { existing: existing && relative(folder, existing), names, written, left, package: packageReport }

  function importOf(_text: string, quote: string, prefix: string): string {
    return `${quote}${prefix}${relative(folder, existing ?? '').replaceAll('\\', '/')}${quote}`
  }
}

function filled(text: string, { app, stack }: ProjectNames): string {
  return text.replaceAll("'my-app'", `'${app}'`).replaceAll("'MyApp'", `'${stack}'`)
}

function needs({ app }: ProjectNames) {
  const { version, devDependencies } = ownPackage()
  const asHere = (...names: readonly string[]): Record<string, string> =>
    Object.fromEntries(names.map((name) => [name, devDependencies[name] ?? 'latest']))
  return {
    name: app,
    scripts: {
      dev: `celeriac dev --sqs-port ${devPorts.sqs} --dynamodb-port ${devPorts.dynamodb}`,
      call: `celeriac call --endpoint ${devEndpoint}`,
      test: 'tsx --test test/*.test.ts',
      check: 'tsc',
      deploy: 'cdk deploy',
    },
    dependencies: { celeriac: `^${version}`, ...asHere('zod') },
    devDependencies: asHere('@types/node', 'aws-cdk', 'aws-cdk-lib', 'constructs', 'tsx', 'typescript'),
  }
}
