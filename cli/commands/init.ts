import { relative, resolve } from 'node:path'
import { Command } from 'commander'
import { outputOf } from '../context.ts'
import { makeProject, type NewProject } from '../init/new-project.ts'
import type { Output } from '../output.ts'

export function initCommand(): Command {
  return new Command('init')
    .description('a new project: tasks, worker, stack and test; overwrites nothing')
    .argument('[folder]', 'made when missing', '.')
    .action((folder: string, _flags: object, command: Command) => {
      const output = outputOf(command)
      const path = resolve(folder)
      const project = makeProject(path)
      if (output.json) output.data({ folder: path, ...project })
      else tell(project, relative(process.cwd(), path), output)
    })
}

function tell(project: NewProject, folder: string, output: Output): void {
  const { written, left, ignored, package: packageReport, names, existing, exportName } = project
  const all = packageReport.created ? ['package.json', ...written] : written
  output.line(all.length === 0 ? 'Nothing to write: every file is there.' : `Wrote ${all.join(', ')}.`)
  if (ignored.length > 0) output.line(`Added to .gitignore: ${ignored.join(', ')}.`)
  if (packageReport.added.length > 0) output.line(`Added to package.json: ${packageReport.added.join(', ')}.`)
  const untouched = [...left, ...packageReport.left.map((entry) => `${entry} in package.json`)]
  if (untouched.length > 0) output.line(`Left alone, because it was there: ${untouched.join(', ')}.`)
  if (exportName === undefined) {
    output.line(
      `How ${existing} exports the app could not be seen: the new files import 'app'. Change that where it is another name.`,
    )
  }
  output.line(`\n${existing === undefined ? `App '${names.app}'.` : `The app is in ${existing}.`} What comes next:`)
  for (const [command, what] of stepsOf(project, folder)) output.line(`  ${command.padEnd(52)}${what}`.trimEnd())
}

/** Commands that work for what was made. */
function stepsOf(
  { existing, package: { scripts } }: NewProject,
  folder: string,
): readonly (readonly [string, string])[] {
  const call = existing === undefined ? `greet ${sampleInput(process.platform)}` : 'TASK JSON'
  return [
    ...(folder === '' ? [] : [[`cd ${/[^\w./@-]/.test(folder) ? `"${folder}"` : folder}`, ''] as const]),
    [`${manager()} install`, ''],
    [`npm run ${scripts.dev}`, 'SQS, DynamoDB and the workers, here; reloads when you edit'],
    [`npm run -s ${scripts.call} -- ${call} --wait`, 'in another terminal'],
    ...(scripts.test === undefined ? [] : [[`npm run ${scripts.test}`, ''] as const]),
    [`npm run ${scripts.deploy}`, "to AWS, once 'npx cdk bootstrap' has run in the account"],
  ]
}

function sampleInput(platform: string): string {
  return platform === 'win32' ? '"{\\"name\\":\\"Ada\\"}"' : `'{"name":"Ada"}'`
}

/** Who runs this: npm, pnpm, yarn or bun say so. */
function manager(): string {
  return /^(pnpm|yarn|bun)\//.exec(process.env.npm_config_user_agent ?? '')?.[1] ?? 'npm'
}
