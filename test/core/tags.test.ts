import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DefinitionError } from '../../shared/core/errors.ts'
import { areTags, checkTenant, decodeTags, encodeTags } from '../../shared/core/tags.ts'

describe('tags', () => {
  it('are stored between bars, sorted, each once', () => {
    expect(encodeTags('t', ['vip', 'eu', 'vip'])).toBe('|eu|vip|')
    expect(encodeTags('t', [])).toBeUndefined()
    expect(encodeTags('t', undefined)).toBeUndefined()
    expect(decodeTags('|eu|vip|')).toEqual(['eu', 'vip'])
    expect(decodeTags(undefined)).toEqual([])
  })

  it('come back as they were', () => {
    const tag = fc.stringMatching(/^[a-z0-9:.é-]{1,12}$/)
    fc.assert(
      fc.property(fc.uniqueArray(tag, { minLength: 1, maxLength: 5 }), (tags) => {
        const text = encodeTags('t', tags) as string
        expect(decodeTags(text)).toEqual([...tags].sort())
        expect(areTags(tags)).toBe(true)
      }),
    )
  })

  it.each([
    [['a', 'b', 'c', 'd', 'e', 'f'], /at most 5 tags/],
    [['x'.repeat(119)], /120 bytes together, received 1 tags and 121 bytes/],
    [['a|b'], /without '\|'/],
    [[''], /without '\|'/],
    [['a\nb'], /without '\|'/],
    [[7 as unknown as string], /without '\|'/],
  ])('%j are refused', (tags, message) => {
    expect(() => encodeTags("task 't'", tags)).toThrow(message)
    expect(() => encodeTags("task 't'", tags)).toThrow(DefinitionError)
  })

  it('a tenant is a short text', () => {
    expect(() => checkTenant('t', 'acme')).not.toThrow()
    expect(() => checkTenant('t', undefined)).not.toThrow()
    for (const tenant of ['', 'x'.repeat(65), 'a\u0000']) expect(() => checkTenant('t', tenant)).toThrow(/tenant/)
  })
})
