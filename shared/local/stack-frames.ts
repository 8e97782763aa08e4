import { isAbsolute, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A line of a stack that is the user's own. */
export interface StackFrame {
  /** Empty at the top of a module. */
  readonly name: string
  /** `src/tasks.ts:12:9` */
  readonly place: string
}

const framePattern = /^\s+at (?:(.*?) \()?((?:file:\/\/)?(?:\/|[A-Za-z]:[\\/])[^()]*?):(\d+):(\d+)\)?$/
const foreign = /[\\/]node_modules[\\/]|[\\/]local[\\/]lambda[\\/]bootstrap\.mjs$/

/** The frames of a stack that lie neither in Node nor in packages, with paths from a folder on. */
export function ownFrames(stack: string | undefined, folder: string): readonly StackFrame[] {
  return (stack ?? '').split('\n').flatMap((line) => {
    const [, name = '', location = '', row, column] = framePattern.exec(line) ?? []
    if (location === '' || foreign.test(location)) return []
    const path = location.startsWith('file://') ? fileURLToPath(location) : location
    return [{ name: name === '<anonymous>' ? '' : name, place: `${shownPath(path, folder)}:${row}:${column}` }]
  })
}

/** A path from the folder on, as long as it lies in it. */
export function shownPath(path: string, folder: string): string {
  const from = relative(folder, path)
  return from === '' || from.startsWith('..') || isAbsolute(from) ? path : from
}
