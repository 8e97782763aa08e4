import { readdirSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Command } from 'commander'

const folder = fileURLToPath(new URL('.', import.meta.url))
const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && entry.name !== 'index.ts')
  .map(({ name }) => name.slice(0, -'.ts'.length))

/** Runs one benchmark as if it had been started by itself: everything behind its name is its own. */
await new Command('npm run bench --')
  .description('Benchmarks. Numbers depend on the machine: compare them within one run only.')
  .argument('<name>', names.join(' or '))
  .argument('[options...]', 'of the benchmark; --help prints them')
  .passThroughOptions()
  .allowUnknownOption()
  .action(async (name: string, options: readonly string[], _flags: object, command: Command) => {
    if (!names.includes(name))
      command.error(`error: expected ${names.join(' or ')}, received '${name}'.`, { exitCode: 2 })
    const file = `${folder}${name}.ts`
    process.argv = [process.argv[0] ?? '', file, ...options]
    await import(pathToFileURL(file).href)
  })
  .parseAsync()
