import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/**
 * How to start it. Nearly all that a history makes is garbage when it ends: a larger nursery is looked through less often.
 */
export const nodeFlags = ['--enable-source-maps', '--min-semi-space-size=32', '--max-semi-space-size=32']

/** A program as one file of plain JavaScript: what a loader adds to each function would cost a fifth of a simulation's time. */
export async function bundleInto(folder: string, program: URL): Promise<string> {
  const outfile = join(folder, 'program.mjs')
  await build({
    entryPoints: [fileURLToPath(program)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    sourcemap: 'inline',
  })
  return outfile
}
