import { Command, InvalidArgumentError, Option } from 'commander'

export interface Settings {
  readonly mails: number
  readonly images: number
  readonly calls: number
  /** Run tasks in this process instead of child processes as on Lambda. */
  readonly inProcess: boolean
  /** On a terminal it stays up at the end, with commands to try. */
  readonly staysUp: boolean
}

/** @param arguments_ without the program's own name */
export function parseSettings(arguments_: readonly string[], isTerminal: boolean): Settings {
  const options = new Command('npm start --')
    .description('Greets the customers of a shop by mail, resizes its pictures and books its parcels.')
    .addOption(count('--mails <n>', 'customers on the list', 10_000))
    .addOption(count('--images <n>', 'pictures to resize', 24))
    .addOption(count('--calls <n>', 'parcels to book', 400))
    .option('--in-process', 'run tasks in this process instead of child processes')
    .option('--exit', 'exit at the end on a terminal, too')
    .parse(arguments_, { from: 'user' })
    .opts<{ mails: number; images: number; calls: number; inProcess?: true; exit?: true }>()
  return {
    mails: options.mails,
    images: options.images,
    calls: options.calls,
    inProcess: options.inProcess ?? false,
    staysUp: isTerminal && !options.exit,
  }
}

function count(flags: string, description: string, usual: number): Option {
  return new Option(flags, description).default(usual).argParser((value) => {
    const number = Number(value)
    if (Number.isInteger(number) && number >= 0 && number <= 1_000_000) return number
    throw new InvalidArgumentError('Expected a whole number from 0 to 1,000,000.')
  })
}
