import { join } from 'node:path'
import { type Engine, MissingRequirementError } from './engine.ts'
import { folderOf, installOnce, makeVirtualEnvironment } from './installation.ts'
import { findPython, pathWith } from './requirements.ts'
import { startSupervised } from './supervised.ts'

const version = '1.5.33'
const python = () => join(folderOf('ministack'), 'venv', 'bin', 'python')

/** The light one: a Python package of 90 MB, Lambda functions as Node processes. */
export const ministack: Engine = {
  name: 'ministack',
  summary: `MiniStack ${version} (MIT), from PyPI`,

  async install(report) {
    await installOnce({ name: 'ministack', recipe: [version], fill: fillFolder }, report)
  },

  start: (options = {}) =>
    startSupervised('ministack', options, ({ port, scratch }) => {
      const node = options.lambdaNode ?? process.env.CELERIAC_LAMBDA_NODE
      return {
        python: python(),
        args: ['-m', 'ministack'],
        env: {
          PATH: node ? pathWith(node) : process.env.PATH,
          LANG: 'C.UTF-8',
          HOME: scratch,
          TMPDIR: scratch,
          STATE_DIR: join(scratch, 'state'),
          S3_DATA_DIR: join(scratch, 's3'),
          GATEWAY_PORT: String(port),
          BIND_HOST: '127.0.0.1', // every interface otherwise
          LAMBDA_EXECUTOR: 'local', // containers otherwise
          LOG_LEVEL: 'INFO',
        },
      }
    }),
}

async function fillFolder(folder: string): Promise<void> {
  const found = await findPython({
    accepts: ([major = 0, minor = 0]) => major === 3 && minor >= 10,
    names: ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10'],
  })
  if (!found) {
    throw new MissingRequirementError(
      'ministack',
      'it needs Python 3.10 or newer with its venv module (Debian: python3-venv), and none of python3, python3.10 to ' +
        '3.13 on PATH, or pyenv or uv, has it.',
    )
  }
  await makeVirtualEnvironment(found.file, join(folder, 'venv'), [`ministack==${version}`])
}
