import { describe, expect, it } from 'vitest'
import { chooseEngines } from '../../../localstack/engines/catalogue.ts'

const names = (args: readonly string[], env: NodeJS.ProcessEnv = {}) => chooseEngines(args, env).map(({ name }) => name)

describe('chooseEngines', () => {
  it.each([
    { args: [], env: {}, chosen: ['ministack', 'localstack'] },
    { args: ['localstack'], env: {}, chosen: ['localstack'] },
    { args: ['localstack', 'ministack'], env: {}, chosen: ['ministack', 'localstack'] },
    { args: ['--skip', 'localstack'], env: {}, chosen: ['ministack'] },
    { args: ['--skip=ministack,localstack'], env: {}, chosen: [] },
    { args: [], env: { CELERIAC_SKIP_ENGINES: 'localstack' }, chosen: ['ministack'] },
    { args: ['localstack'], env: { CELERIAC_SKIP_ENGINES: 'localstack' }, chosen: [] },
    { args: [], env: { CELERIAC_SKIP_ENGINES: '' }, chosen: ['ministack', 'localstack'] },
  ])('$args with $env chooses $chosen', ({ args, env, chosen }) => {
    expect(names(args, env)).toEqual(chosen)
  })

  it('names the source of a name that it does not know', () => {
    expect(() => names(['--skip', 'moto'])).toThrow('--skip names "moto"; expected "ministack" or "localstack".')
    expect(() => names([], { CELERIAC_SKIP_ENGINES: 'moto' })).toThrow('CELERIAC_SKIP_ENGINES names "moto"')
  })
})
