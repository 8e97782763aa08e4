import { readdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { run } from './command.ts'

/** A Python or Java that was run and answered. */
export interface Found {
  readonly file: string
  /** e.g. `[3, 13, 0]` */
  readonly version: readonly number[]
}

/** What is asked of a Python: `accepts` gets e.g. `[3, 13, 0]`. */
export interface PythonWanted {
  readonly accepts: (version: readonly number[]) => boolean
  /** Tried first, e.g. the value of an environment variable. */
  readonly preferred?: string | undefined
  /** Names to look for on PATH, best first. */
  readonly names: readonly string[]
}

/**
 * The first Python that fits and can make virtual environments: the preferred one, then PATH, then pyenv's and uv's own
 * folders. `undefined` when there is none.
 */
export async function findPython(wanted: PythonWanted): Promise<Found | undefined> {
  const candidates = [
    ...(wanted.preferred ? [wanted.preferred] : []),
    ...wanted.names,
    ...(await versionsIn(process.env.PYENV_ROOT ?? join(homedir(), '.pyenv'), 'versions')),
    ...(await versionsIn(process.env.UV_PYTHON_INSTALL_DIR ?? join(homedir(), '.local/share/uv'), 'python')),
  ]
  for (const file of candidates) {
    const found = await askPython(file)
    if (found && wanted.accepts(found.version)) return found
  }
  return undefined
}

async function askPython(file: string): Promise<Found | undefined> {
  const question = 'import sys, venv, ensurepip; print(sys.executable); print(*sys.version_info[:3])'
  try {
    const [executable = '', version = ''] = (await run(file, ['-c', question])).trim().split('\n')
    return { file: executable, version: version.split(' ').map(Number) }
  } catch {
    return undefined // not there, a shim without its version, or a Python without venv
  }
}

async function versionsIn(...path: readonly [string, string]): Promise<string[]> {
  const folder = join(...path)
  const entries = await readdir(folder).catch(() => [])
  return entries
    .sort()
    .reverse()
    .map((entry) => join(folder, entry, 'bin', 'python3'))
}

/** A Java of at least this feature release, with its home: `JAVA_HOME` first, then PATH. */
export async function findJava(atLeast: number): Promise<(Found & { readonly home: string }) | undefined> {
  const { JAVA_HOME } = process.env
  for (const file of [...(JAVA_HOME ? [join(JAVA_HOME, 'bin', 'java')] : []), 'java']) {
    const settings = await run(file, ['-XshowSettings:properties', '-version']).catch(() => '')
    const home = /^\s*java\.home = (.+)$/m.exec(settings)?.[1]
    const release = Number(/^\s*java\.specification\.version = (\d+)/m.exec(settings)?.[1])
    if (home && release >= atLeast) return { file: join(home, 'bin', 'java'), home, version: [release] }
  }
  return undefined
}

/** PATH with the folder of `file` in front. */
export const pathWith = (file: string): string => [dirname(file), process.env.PATH].join(delimiter)
