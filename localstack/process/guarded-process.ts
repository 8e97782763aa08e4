import { type ChildProcess, spawn } from 'node:child_process'
import { PassThrough, type Readable } from 'node:stream'

/**
 * A child process that ends with its parent, even when the parent is killed with SIGKILL.
 *
 * A POSIX shell stands between (about 1 MB). It starts the command and reads from a pipe whose other end only the parent holds: the kernel closes
 * that end when the parent is gone, whatever ended it, and the shell then kills the command. Both are in a session of their own, so that
 * Ctrl-C reaches the parent alone and it can end things in order. On Windows there is no such shell: the command is started directly and
 * outlives a parent that is killed.
 */
export interface GuardedProcess {
  /** The command's own process id. */
  readonly pid: number
  readonly stdout: Readable
  readonly stderr: Readable
  /** Resolves when the command has ended. The code is 128 + n after signal n, as shells say it. */
  readonly exited: Promise<number | undefined>
  hasExited(): boolean
  /** Sends SIGTERM, then SIGKILL after `graceMs` (default 2,000). Resolves when the command has ended. */
  stop(graceMs?: number): Promise<void>
}

/** fd 0 is the parent's pipe, fd 3 tells the command's pid. Background jobs get no input from the shell, hence the copy in fd 4. */
const guard = `
exec 4<&0 </dev/null
"$@" 3>&- 4<&- &
command=$!
echo "$command" >&3
exec 3>&-
( cat <&4 >/dev/null 2>&1; kill -KILL "$command" 2>/dev/null ) >/dev/null 2>&1 &
watch=$!
exec 4<&-
wait "$command"
code=$?
kill "$watch" 2>/dev/null
exit "$code"
`

/** @throws {Error} when the command cannot be started */
export async function startGuarded(command: string, args: readonly string[]): Promise<GuardedProcess> {
  const guarded = process.platform !== 'win32'
  const child = guarded
    ? spawn('/bin/sh', ['-c', guard, 'guard', command, ...args], {
        stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
        detached: true,
      })
    : spawn(command, [...args], { stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true })
  let ended = false
  const exited = new Promise<number | undefined>((resolve) => {
    child.once('exit', (code) => {
      ended = true
      // Processes that still read from the pipe (the guard's watch) end, too.
      child.stdin?.destroy()
      resolve(code ?? undefined)
    })
  })
  // Read from the first moment on: unread output is lost when the child ends.
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => stream?.pipe(new PassThrough()))
  const pid = await pidOf(child, guarded)
  if (stdout === undefined || stderr === undefined) throw new Error(`${command}: its output is not connected.`)
  return {
    pid,
    stdout,
    stderr,
    exited,
    hasExited: () => ended,
    async stop(graceMs = 2_000) {
      if (ended) return
      signal(pid, 'SIGTERM')
      const insist = setTimeout(() => signal(pid, 'SIGKILL'), graceMs)
      await exited
      clearTimeout(insist)
    },
  }
}

async function pidOf(child: ChildProcess, guarded: boolean): Promise<number> {
  const failed = new Promise<never>((_, reject) => child.once('error', reject))
  const told = guarded ? firstLine(child.stdio[3] as Readable) : Promise.resolve(String(child.pid))
  const pid = Number(await Promise.race([told, failed]))
  if (!Number.isInteger(pid) || pid <= 0) throw new Error('The guard did not tell the id of the process it started.')
  return pid
}

async function firstLine(stream: Readable): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += String(chunk)
  return text.trim()
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has already ended.
  }
}
