import { type ChildProcess, spawn } from 'node:child_process'

/**
 * Sees to it that no child process outlives this one, however this one ends: SIGKILL, a crash, a power button pressed on its terminal.
 *
 * One POSIX shell (about 1 MB, one for any number of children) reads from a pipe whose other end only this process holds. The kernel closes that
 * end when this process is gone; the shell then kills the process group of every registered child, and removes the folder. A child cannot
 * prevent it: neither a blocked event loop nor a handler of SIGTERM, nor being stopped by SIGSTOP, delays SIGKILL.
 *
 * The shell has a session of its own, so that Ctrl-C reaches this process alone. On Windows there is no such shell: children watch their parent
 * themselves there, as far as their event loops turn.
 */
export interface ProcessGuard {
  /** @param groupId of a child started with `detached: true`: its own pid */
  watch(groupId: number): void
  /**
   * Watches a child in this process's own group, with all its descendants. A child that keeps the terminal cannot
   * have its own group.
   */
  watchTree(pid: number): void
  /** Stops watching a child that has ended; its id may be reused. */
  leave(id: number): void
  /** Removes this folder at the end. At most one folder. */
  removeFolder(path: string): void
  /** Ends the shell, which kills all watched children. */
  close(): Promise<void>
}

/** `kill -9 -123` is understood by dash, bash and zsh alike; `kill -- -123` is not. */
const script = `
trap '' HUP INT TERM QUIT
groups=' '
trees=' '
folder=
kill_tree() {
  children=$(ps -A -o pid= -o ppid= | while read -r pid parent; do [ "$parent" = "$1" ] && echo "$pid"; done)
  kill -9 "$1" 2>/dev/null
  for child in $children; do kill_tree "$child"; done
}
while read -r verb value; do
  case $verb in
    watch) groups="$groups$value " ;;
    tree) trees="$trees$value " ;;
    leave) groups="\${groups%% "$value" *} \${groups#* "$value" }" ;;
    uproot) trees="\${trees%% "$value" *} \${trees#* "$value" }" ;;
    folder) folder=$value ;;
  esac
done
for tree in $trees; do kill_tree "$tree"; done
for group in $groups; do kill -9 "-$group" 2>/dev/null; done
if [ -n "$folder" ]; then rm -rf -- "$folder"; fi
`

export function startProcessGuard(): ProcessGuard {
  if (process.platform === 'win32') {
    return { watch() {}, watchTree() {}, leave() {}, removeFolder() {}, close: async () => {} }
  }
  const shell = spawn('/bin/sh', ['-c', script, 'celeriac-guard'], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  })
  const ended = new Promise<void>((resolve) => {
    shell.once('exit', () => resolve())
    shell.once('error', () => resolve())
  })
  const watched = new Map<number, 'leave' | 'uproot'>()
  // The guard must not keep this process alive.
  shell.unref()
  const { stdin } = shell
  unref(stdin)
  // A killed guard accepts no messages. Children still watch their parent themselves.
  stdin.on('error', () => {})
  const tell = (line: string): void => {
    if (stdin.writable) stdin.write(`${line}\n`)
  }
  return {
    watch(groupId) {
      watched.set(groupId, 'leave')
      tell(`watch ${groupId}`)
    },
    watchTree(pid) {
      watched.set(pid, 'uproot')
      tell(`tree ${pid}`)
    },
    leave(id) {
      const verb = watched.get(id)
      if (watched.delete(id)) tell(`${verb} ${id}`)
    },
    removeFolder(path) {
      tell(`folder ${path}`)
    },
    async close() {
      shell.ref()
      stdin.end()
      await ended
    },
  }
}

/** Sockets have it, and pipes to children are sockets; the type of `stdin` does not say so. */
function unref(stream: NonNullable<ChildProcess['stdin']>): void {
  if ('unref' in stream && typeof stream.unref === 'function') stream.unref()
}
