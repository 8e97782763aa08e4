/**
 * The module format of a bundle. esbuild puts ES modules and CommonJS modules into one file of one format. The names that modules of the other format
 * rely on are then missing when the bundle starts: `require`, `__filename` and `__dirname` in an ES module, `import.meta.url` in CommonJS.
 */
export type BundleFormat = 'esm' | 'cjs'

export interface ModuleScope {
  /** Goes to the top of the file. */
  readonly banner: string
  /**
   * esbuild replaces free names by the banner's unique names. A module that declares its own `__dirname` keeps it, without
   * "has already been declared".
   */
  readonly define: Readonly<Record<string, string>>
}

const requireBanner =
  "import{createRequire as __celeriacRequire}from'node:module';const require=__celeriacRequire(import.meta.url);"
const fileBanner =
  "import{fileURLToPath as __celeriacPath}from'node:url';const __celeriacFile=__celeriacPath(import.meta.url),__celeriacFolder=__celeriacPath(new URL('.',import.meta.url)).slice(0,-1);"

const scopes: Readonly<Record<BundleFormat, ModuleScope>> = {
  esm: {
    banner: requireBanner + fileBanner,
    define: { __filename: '__celeriacFile', __dirname: '__celeriacFolder' },
  },
  cjs: {
    banner: "const __celeriacUrl=require('node:url').pathToFileURL(__filename).href;",
    define: {
      'import.meta.url': '__celeriacUrl',
      'import.meta.filename': '__filename',
      'import.meta.dirname': '__dirname',
    },
  },
}

/**
 * The scope of a bundle, with the user's additions. The user's names win. If the user's banner declares `require`, ours is left out. Additions that were copied
 * from a scope of Celeriac, of either format, are dropped.
 */
export function moduleScope(format: BundleFormat, own: Partial<ModuleScope> = {}): ModuleScope {
  const { banner, define } = scopes[format]
  const added = Object.values(scopes).reduce((text, scope) => text.replace(scope.banner, ''), own.banner ?? '')
  const ours = /\brequire\s*=|\bas\s+require\b/.test(added) ? banner.replace(requireBanner, '') : banner
  const ofScopes = new Map(Object.values(scopes).flatMap((scope) => Object.entries(scope.define)))
  const names = Object.entries(own.define ?? {}).filter(([name, value]) => ofScopes.get(name) !== value)
  return {
    banner: added === '' ? ours : `${ours}\n${added}`,
    define: { ...define, ...Object.fromEntries(names) },
  }
}
