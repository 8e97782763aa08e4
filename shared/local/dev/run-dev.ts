import { type ChildProcess, spawn } from 'node:child_process'
import pc from 'picocolors'
import { counted } from '../../core/words.ts'
import { StopSignals, signalExitCode } from '../stop-signals.ts'
import type { DevFacts, DevOptions } from './dev-options.ts'
import { type DevOutput, outputForPeople, outputForPrograms } from './dev-output.ts'
import { type Dev, startDev } from './start-dev.ts'

export interface RunDevOptions extends Omit<DevOptions, 'onStatus' | 'onEvent' | 'onLog' | 'patient'> {
  /** One JSON text a line; the first is `{"type":"ready",…}` with endpoints, table and queue URLs. @default false */
  readonly json?: boolean
  /** Prints problems only. @default false */
  readonly quiet?: boolean
  /** Run with the environment set; when it ends, so does this, with its exit code. */
  readonly command?: readonly string[]
  /** @default whether standard output is a terminal */
  readonly isTerminal?: boolean
  /** Takes one text, without its line break. @default standard output */
  readonly write?: (text: string) => void
}

/**
 * `celeriac dev`: runs an app until Ctrl-C and tells what happens. The first Ctrl-C (or SIGTERM) lets tasks finish, a second one kills them.
 *
 * @returns the exit code
 * @throws {Error} one paragraph: a taken port; without a terminal, an app that cannot be built or started
 */
export async function runDev(options: RunDevOptions): Promise<number> {
  const isTerminal = options.isTerminal ?? process.stdout.isTTY === true
  const write = options.write ?? ((text: string) => process.stdout.write(`${text}\n`))
  const output = options.json
    ? outputForPrograms(write)
    : outputForPeople({
        colors: pc.createColors(isTerminal && !process.env.NO_COLOR),
        folder: process.cwd(),
        quiet: options.quiet ?? false,
        write,
        now: Date.now,
      })
  // Hides the SDK's warning about Node 20, which would appear between our lines.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'
  const signals = new StopSignals()
  try {
    const dev = await startDev({
      ...options,
      patient: isTerminal,
      onStatus: (status) => output.status(status),
      onEvent: (event) => output.event(event),
      onLog: (line) => output.log(line),
    })
    try {
      return await untilEnd(dev, signals, output, options)
    } finally {
      await dev.stop({ drain: false })
    }
  } finally {
    signals.close()
  }
}

async function untilEnd(
  dev: Dev,
  signals: StopSignals,
  output: DevOutput,
  { command, dataDir }: RunDevOptions,
): Promise<number> {
  let child: ChildProcess | undefined
  const commandEnded =
    command === undefined || command.length === 0
      ? new Promise<number>(() => {})
      : Promise.race([dev.ready, signals.first.then(() => undefined)]).then((facts) => {
          if (facts === undefined) return 0
          child = start(command, facts)
          const leave = child.pid === undefined ? () => {} : dev.watch(child.pid)
          return ended(child, command).finally(leave)
        })
  const exitCode = await Promise.race([commandEnded, signals.first.then(() => 0)])
  // The terminal sent Ctrl-C to the command too; SIGTERM must be passed on.
  if (child?.exitCode === null) end(child)
  if (dev.running > 0)
    output.note(`Finishing ${counted(dev.running, 'batch', 'batches')}. Ctrl-C again ends them at once.`)
  const drained = dev.stop().then(() => undefined)
  const second = await Promise.race([drained, signals.second])
  if (second === undefined) return exitCode
  output.note(
    dataDir === undefined
      ? `Ended ${counted(dev.running, 'batch', 'batches')}. Queues and records were in memory: nothing of them is left.`
      : `Ended ${counted(dev.running, 'batch', 'batches')}. Their tasks run again after the next start.`,
  )
  return signalExitCode(second)
}

function start([program = '', ...arguments_]: readonly string[], { environment }: DevFacts): ChildProcess {
  // A profile would win over the keys.
  const { AWS_PROFILE: _profile, ...inherited } = process.env
  return spawn(program, arguments_, {
    stdio: 'inherit',
    env: { ...inherited, ...environment },
    // npm and similar commands are scripts on Windows.
    shell: process.platform === 'win32',
  })
}

/** On Windows a signal reaches the shell alone, and not what it runs. */
function end(child: ChildProcess): void {
  if (process.platform !== 'win32' || child.pid === undefined) child.kill('SIGTERM')
  else spawn('taskkill', ['/pid', String(child.pid), '/t', '/f'], { stdio: 'ignore', windowsHide: true })
}

function ended(child: ChildProcess, command: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      reject(new Error(`'${command.join(' ')}' could not be started: ${cause.message}`, { cause }))
    })
    child.once('exit', (code, signal) => resolve(code ?? signalExitCode(signal ?? 'SIGKILL')))
  })
}
