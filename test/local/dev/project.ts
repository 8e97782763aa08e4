import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const repository = fileURLToPath(new URL('../../../', import.meta.url))

/** A project in a folder of its own, as a user has it: `celeriac` is found through its tsconfig. */
export class Project {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  static async make(files: Readonly<Record<string, string>>): Promise<Project> {
    const project = new Project(await mkdtemp(join(tmpdir(), 'celeriac-project-')))
    await symlink(join(repository, 'node_modules'), join(project.folder, 'node_modules'), 'junction')
    await project.write('package.json', '{ "type": "module" }')
    const paths = { celeriac: [`${repository}shared/index.ts`], 'celeriac/*': [`${repository}shared/*.ts`] }
    await project.write('tsconfig.json', JSON.stringify({ compilerOptions: { paths } }))
    for (const [name, text] of Object.entries(files)) await project.write(name, text)
    return project
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  write(name: string, text: string): Promise<void> {
    return writeFile(this.path(name), text)
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true })
  }
}

/** An app whose one task answers with a word after a while. */
export function tasksFile(word: string, more = ''): string {
  return `import { createApp } from 'celeriac'
export const app = createApp({ name: 'devtest', queues: { words: { timeout: '10s', batchSize: 1 } } })
export const say = app.task('say', { queue: 'words' }, async (ms: number) => {
  await new Promise((resolve) => setTimeout(resolve, ms))
  return '${word}'
})
${more}`
}
