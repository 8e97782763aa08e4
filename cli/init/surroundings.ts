import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { appAt, configuredApp } from '../find-app.ts'

/** What the folder of the new project already contains. */
export interface Surroundings {
  /** The app's module, from the folder on. */
  readonly existing: string | undefined
  /** How its module exports the app; undefined if unknown. */
  readonly exportName: string | undefined
  /** Where tasks and worker belong: beside the app, or where tsconfig.json wants sources. Empty: the folder itself. */
  readonly home: string
  /** File extension of imports: TypeScript allows `.ts` only if it does not emit, or rewrites them. */
  readonly importExtension: 'ts' | 'js'
  /** TypeScript compiles every file in the folder: the stack would land in the output and move the other files there. */
  readonly compilesAll: boolean
}

export function surroundingsOf(folder: string): Surroundings {
  const configured = existsSync(join(folder, 'package.json')) ? configuredApp(folder)?.split('#') : undefined
  const [path, named] = configured ?? []
  const file = path === undefined ? appAt(folder) : join(folder, path)
  const existing = file !== undefined && existsSync(file) ? slashes(relative(folder, file)) : undefined
  const settings = settingsOf(join(folder, 'tsconfig.json'))
  const allowsTs =
    settings === undefined || /"(allowImportingTsExtensions|rewriteRelativeImportExtensions)"\s*:\s*true/.test(settings)
  return {
    existing,
    exportName: existing === undefined ? 'app' : (named ?? exportNameIn(readFileSync(join(folder, existing), 'utf8'))),
    home: existing === undefined ? homeIn(settings) : dirname(existing).replace(/^\.$/, ''),
    importExtension: allowsTs ? 'ts' : 'js',
    compilesAll:
      settings !== undefined && !/"noEmit"\s*:\s*true/.test(settings) && !/"(include|files)"\s*:/.test(settings),
  }
}

/** Its text without lines that are comments. It is not parsed, and files that it extends are not read. */
function settingsOf(path: string): string | undefined {
  if (!existsSync(path)) return undefined
  return readFileSync(path, 'utf8').replace(/^\s*\/\/.*$/gm, '')
}

function homeIn(settings: string | undefined): string {
  return /"rootDir"\s*:\s*"(?:\.\/)?([\w-]+)\/?"/.exec(settings ?? '')?.[1] ?? ''
}

function exportNameIn(source: string): string | undefined {
  const declared = /export\s+(?:const|let|var)\s+([\w$]+)\s*(?::[^=]+)?=\s*createApp\b/.exec(source)?.[1]
  if (declared !== undefined) return declared
  const local = /(?:const|let|var)\s+([\w$]+)\s*(?::[^=]+)?=\s*createApp\b/.exec(source)?.[1]
  if (/export\s+default\s+createApp\b/.test(source)) return 'default'
  if (local === undefined) return undefined
  const name = local.replaceAll('$', '\\$')
  if (new RegExp(`export\\s+default\\s+${name}\\b`).test(source)) return 'default'
  const listed = new RegExp(`export\\s*\\{[^}]*\\b${name}(?:\\s+as\\s+([\\w$]+))?\\s*[,}]`).exec(source)
  return listed === null ? undefined : (listed[1] ?? local)
}

export function slashes(path: string): string {
  return path.replaceAll('\\', '/')
}
