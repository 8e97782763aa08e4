import { Argument, Command, InvalidArgumentError } from 'commander'
import { Closing } from '../shared/local/closing.ts'
import { signalExitCode } from '../shared/local/stop-signals.ts'
import { measureMemory } from './local/memory.ts'
import { measureRequests } from './local/requests.ts'
import { measureStart } from './local/start.ts'
import { measureTasks } from './local/tasks.ts'

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'

const parts = ['start', 'requests', 'tasks', 'memory'] as const

const command = new Command('npm run bench -- local')
  .description(
    'The local cloud: how soon startLocal() is ready; requests a second of the SQS server beside fauxqs, and beside MiniStack and LocalStack where they run on port 4566 or are installed (npx tsx localstack/up.ts); tasks end to end; memory of waiting messages.',
  )
  .addArgument(new Argument('[parts...]', 'only these').choices(parts).default([...parts]))
  .option('--seconds <n>', 'of each server and SQS action', positive, 0.75)
  .option('--connections <n>', 'to each server', positive, 32)
  .option('--tasks <n>', 'a turn', positive, 2_000)
  .option('--messages <n>', 'waiting', positive, 1_000_000)
  .option('--endpoint <name=url>', 'of one more SQS server; may be repeated', endpoint, new Map<string, string>())
  .option('--no-others', 'only Celeriac, and what --endpoint names')
  .parse()
const chosen = new Set(command.processedArgs[0] as (typeof parts)[number][])
const { seconds, connections, tasks, messages, others, ...options } = command.opts<{
  seconds: number
  connections: number
  tasks: number
  messages: number
  others: boolean
  endpoint: ReadonlyMap<string, string>
}>()

const closing = new Closing()
const stopping = new AbortController()
// Under npm a Ctrl-C comes twice.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    stopping.abort()
    void closing.close().finally(() => process.exit(signalExitCode(signal)))
  })
}
try {
  if (chosen.has('start')) await measureStart(stopping.signal)
  if (chosen.has('requests'))
    await measureRequests({ seconds, connections, others, endpoints: options.endpoint }, closing)
  if (chosen.has('tasks')) await measureTasks(tasks, closing)
  if (chosen.has('memory')) await measureMemory(messages, others, closing)
} catch (error) {
  // What was asked to end has ended: its last words are no news.
  if (!stopping.signal.aborted) throw error
} finally {
  await closing.close()
}

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError(`Expected a number above 0, received '${text}'.`)
  return value
}

function endpoint(text: string, before: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const [, name, url] = /^([^=]+)=(https?:\/\/\S+)$/.exec(text) ?? []
  if (name === undefined || url === undefined)
    throw new InvalidArgumentError(`Expected name=http://…, received '${text}'.`)
  return new Map([...before, [name, url]])
}
