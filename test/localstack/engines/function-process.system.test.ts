import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { run } from '../../../localstack/engines/command.ts'
import { python } from './python.ts'

const tests = fileURLToPath(new URL('function_process_test.py', import.meta.url))

describe.skipIf(python === undefined)('function_process.py', () => {
  it('passes its Python tests', async () => {
    const output = await run(python ?? '', ['-B', tests])
    expect(output).toMatch(/Ran [1-9]\d* tests[\s\S]*OK/)
  }, 60_000)
})
