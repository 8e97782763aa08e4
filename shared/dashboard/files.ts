import { readFile } from 'node:fs/promises'
import { extname, join, normalize } from 'node:path'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/**
 * Serves the page's files from a folder, compressed (`.br`, `.gz` next to the file) if the browser accepts it.
 *
 * Names below /assets/ contain a hash of the content, so browsers cache them forever.
 */
export function filesIn(folder: string): (path: string, acceptEncoding: string) => Promise<Response | undefined> {
  return async (path, acceptEncoding) => {
    const type = types[extname(path)]
    const name = normalize(path)
    if (type === undefined || name.includes('..')) return undefined
    for (const [encoding, extension] of [
      ['br', '.br'],
      ['gzip', '.gz'],
      [undefined, ''],
    ] as const) {
      if (encoding !== undefined && (!acceptEncoding.includes(encoding) || type.startsWith('text/html'))) continue
      const content = await readFile(join(folder, name + extension)).catch(() => undefined)
      if (content === undefined) continue
      return new Response(new Uint8Array(content), {
        headers: {
          'content-type': type,
          'cache-control': name.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
          vary: 'accept-encoding',
          ...(encoding !== undefined && { 'content-encoding': encoding }),
        },
      })
    }
    return undefined
  }
}
