import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** Editors write a file in several steps. */
const settleMs = 60

/** Tells when one of some source files changes. Folders are watched, not files: editors replace files. */
export class SourceWatch {
  readonly #onChange: (files: readonly string[]) => void
  readonly #folders = new Map<string, FSWatcher>()
  #names: ReadonlySet<string> = new Set()
  #any = false
  #changed = new Set<string>()
  #timer: NodeJS.Timeout | undefined

  constructor(onChange: (files: readonly string[]) => void) {
    this.#onChange = onChange
  }

  /** @param options.any also other files of their folders: one that was missing may come */
  set(files: readonly string[], { any = false }: { readonly any?: boolean } = {}): void {
    this.#names = new Set(files)
    this.#any = any
    const folders = new Set(files.map(dirname))
    for (const [folder, watcher] of this.#folders) {
      if (folders.has(folder)) continue
      watcher.close()
      this.#folders.delete(folder)
    }
    for (const folder of folders) if (!this.#folders.has(folder)) this.#watch(folder)
  }

  close(): void {
    clearTimeout(this.#timer)
    for (const watcher of this.#folders.values()) watcher.close()
    this.#folders.clear()
  }

  #watch(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, (_kind, name) => {
        if (name !== null) this.#note(join(folder, basename(name)))
      })
      // The folder is gone: what it held is noticed by the next build.
      watcher.on('error', () => {
        watcher.close()
        this.#folders.delete(folder)
      })
      this.#folders.set(folder, watcher)
    } catch {
      // It does not exist (any more).
    }
  }

  #note(file: string): void {
    if (!this.#names.has(file) && !(this.#any && /\.[cm]?[jt]sx?$|\.json$/.test(file))) return
    this.#changed.add(file)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      const files = [...this.#changed]
      this.#changed.clear()
      this.#onChange(files)
    }, settleMs)
  }
}
