import fc from 'fast-check'
import { expect, it } from 'vitest'
import { maxBatchBytes, maxBatchEntries, messageBytes, pack } from '../../shared/aws/pack.ts'
import type { OutgoingMessage } from '../../shared/ports/index.ts'

const sizes = fc.array(
  fc.oneof(
    fc.integer({ min: 0, max: 2_000 }),
    fc.integer({ min: 300_000, max: maxBatchBytes + 1 }),
    fc.constantFrom(maxBatchBytes / 2, maxBatchBytes - 1, maxBatchBytes),
  ),
  { maxLength: 60 },
)

it('every entry is in one request, in order, within the limits, and no request could have taken the next entry', () => {
  fc.assert(
    fc.property(sizes, (entries) => {
      const requests = pack(entries, (bytes) => bytes)
      expect(requests.flat()).toEqual(entries)
      for (const [index, request] of requests.entries()) {
        const bytes = request.reduce((sum, each) => sum + each, 0)
        expect(request.length).toBeGreaterThan(0)
        expect(request.length).toBeLessThanOrEqual(maxBatchEntries)
        if (request.length > 1) expect(bytes).toBeLessThanOrEqual(maxBatchBytes)
        const [next] = requests[index + 1] ?? []
        if (next !== undefined) expect(request.length === maxBatchEntries || bytes + next > maxBatchBytes).toBe(true)
      }
    }),
  )
})

it('counts bytes, not characters: body, and name, type and value of each attribute', () => {
  const text = fc.string({ unit: 'grapheme' })
  fc.assert(
    fc.property(text, fc.dictionary(text, text), (body, attributes) => {
      const message: OutgoingMessage = { body, attributes }
      const texts = [body, ...Object.entries(attributes).flatMap(([name, value]) => [name, 'String', value])]
      expect(messageBytes(message)).toBe(Buffer.byteLength(texts.join('')))
    }),
  )
  expect(messageBytes({ body: 'ü€😀' })).toBe(2 + 3 + 4)
})
