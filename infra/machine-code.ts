import { closeSync, openSync, readdirSync, readSync } from 'node:fs'
import { join, relative, sep } from 'node:path'

/** Lambda's names of processors. */
export type Processor = 'arm64' | 'x86_64'

/** ELF's numbers of processors (`e_machine`). */
const processors: Readonly<Record<number, string>> = { 62: 'x86_64', 183: 'arm64', 3: 'x86', 40: 'arm' }

/** Addons of Node and the libraries that they load. Programs are left alone: packages bring some that never run on Lambda. */
const loadable = /\.node$|\.so(\.\d+)*$|\.dylib$/

/**
 * Addons below a folder that Lambda cannot load on this processor, one message for each family of packages. A family (`@img/sharp-linux-x64` and its like) may
 * bring code for several systems, as long as some is for this one.
 */
export function foreignCode(folder: string, processor: Processor): readonly string[] {
  const wanted = `linux ${processor}`
  const families = new Map<string, { readonly file: string; readonly kind: string }[]>()
  for (const file of addonsBelow(folder)) {
    const kind = kindOf(join(folder, file))
    if (kind === undefined) continue
    const family = familyOf(file)
    families.set(family, [...(families.get(family) ?? []), { file, kind }])
  }
  return [...families.values()].flatMap((files) => {
    const [first] = files
    if (first === undefined || files.some(({ kind }) => kind === wanted)) return []
    return [`${first.file} is code for ${first.kind}, expected ${wanted}`]
  })
}

export function hasAddons(folder: string): boolean {
  return addonsBelow(folder).length > 0
}

/** Relative to the folder. */
function addonsBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && loadable.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
}

const systems =
  /[-.](linux|linuxmusl|musl|gnu|glibc|darwin|macos|win32|windows|msvc|x64|x86_64|arm64|aarch64|arm|ia32)\b/g

/** The last package on the path, without what its name says of a system. What lies beside the bundle is a family of its own. */
function familyOf(file: string): string {
  const parts = file.split(sep)
  const at = parts.lastIndexOf('node_modules')
  if (at < 0) return file
  const name = parts.slice(at + 1, at + (parts[at + 1]?.startsWith('@') ? 3 : 2)).join('/')
  return name.replace('/', '/-').replace(systems, '')
}

/** By the first bytes: ELF is Linux, Mach-O (also for several processors) is macOS, MZ is Windows. */
function kindOf(path: string): string | undefined {
  const head = Buffer.alloc(20)
  const descriptor = openSync(path, 'r')
  try {
    if (readSync(descriptor, head, 0, head.length, 0) < head.length) return undefined
  } finally {
    closeSync(descriptor)
  }
  const magic = head.readUInt32BE(0)
  if (magic === 0x7f454c46) return `linux ${processors[head.readUInt16LE(18)] ?? 'on another processor'}`
  if ([0xcffaedfe, 0xcefaedfe, 0xcafebabe].includes(magic)) return 'macOS'
  return head.readUInt16BE(0) === 0x4d5a ? 'Windows' : undefined
}
