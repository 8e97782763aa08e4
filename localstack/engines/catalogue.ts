import { type Engine, type EngineName, engineNames } from './engine.ts'
import { localstack } from './localstack.ts'
import { ministack } from './ministack.ts'

const engines: Record<EngineName, Engine> = { ministack, localstack }

/**
 * The engines to use: those named, or all; less those skipped by `--skip a,b` or `CELERIAC_SKIP_ENGINES=a,b`.
 *
 * @param args command line without node and script, e.g. `['localstack', '--skip', 'ministack']`
 */
export function chooseEngines(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Engine[] {
  const named: EngineName[] = []
  const skipped = new Set(namesIn(env.CELERIAC_SKIP_ENGINES ?? '', 'CELERIAC_SKIP_ENGINES'))
  for (let i = 0; i < args.length; i += 1) {
    const [option, inline] = (args[i] ?? '').split('=')
    if (option === '--skip') for (const name of namesIn(inline ?? args[++i] ?? '', '--skip')) skipped.add(name)
    else named.push(...namesIn(args[i] ?? '', 'the command line'))
  }
  const wanted = named.length > 0 ? engineNames.filter((name) => named.includes(name)) : engineNames
  return wanted.filter((name) => !skipped.has(name)).map((name) => engines[name])
}

function namesIn(list: string, source: string): EngineName[] {
  const names = list.split(',').filter((name) => name !== '')
  for (const name of names) {
    if (!isEngineName(name)) {
      throw new Error(`${source} names "${name}"; expected ${engineNames.map((known) => `"${known}"`).join(' or ')}.`)
    }
  }
  return names.filter(isEngineName)
}

const isEngineName = (name: string): name is EngineName => engineNames.some((known) => known === name)
