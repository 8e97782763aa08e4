import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MissingRequirementError } from '../../../localstack/engines/engine.ts'
import { findPython } from '../../../localstack/engines/requirements.ts'

describe('findPython', () => {
  let folder = ''
  const kept = { PYENV_ROOT: process.env.PYENV_ROOT, UV_PYTHON_INSTALL_DIR: process.env.UV_PYTHON_INSTALL_DIR }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'celeriac-test-'))
    process.env.PYENV_ROOT = folder
    process.env.UV_PYTHON_INSTALL_DIR = folder
  })

  afterEach(async () => {
    for (const [name, value] of Object.entries(kept)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
    await rm(folder, { recursive: true })
  })

  async function pretend(name: string, script: string): Promise<string> {
    const file = join(folder, name)
    await writeFile(file, `#!/bin/sh\n${script}\n`)
    await chmod(file, 0o755)
    return file
  }

  const is313 = ([major, minor]: readonly number[]) => major === 3 && minor === 13

  it('takes the first that fits and tells its version', async () => {
    const old = await pretend('old', 'echo /usr/bin/python3.11; echo 3 11 7')
    const right = await pretend('right', 'echo /opt/python3.13; echo 3 13 1')
    const found = await findPython({ accepts: is313, preferred: old, names: [right] })
    expect(found).toEqual({ file: '/opt/python3.13', version: [3, 13, 1] })
  })

  it('passes over one that is missing and one without venv', async () => {
    const broken = await pretend('broken', 'echo "No module named ensurepip" >&2; exit 1')
    expect(await findPython({ accepts: is313, names: [join(folder, 'missing'), broken] })).toBeUndefined()
  })
})

describe('MissingRequirementError', () => {
  it('says in one paragraph what lacks and how to go without', () => {
    const { message } = new MissingRequirementError('localstack', 'it needs Java 17.')
    expect(message).toBe(
      'localstack cannot be installed here: it needs Java 17. To go without it, name it: --skip localstack, or ' +
        'CELERIAC_SKIP_ENGINES=localstack.',
    )
  })
})
