import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder that goes with this process, however the process decides to end. */
export function temporaryFolder(purpose: string): string {
  const folder = mkdtempSync(join(tmpdir(), `celeriac-${purpose}-`))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}
