import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/celery-cases.md'), 'utf8')

/** Number → the files its row names. */
const rows = page.split('\n').flatMap((line) => {
  const number = /^\| ([AR]\d+) \|/.exec(line)?.[1]
  return number === undefined
    ? []
    : [{ number, files: [...line.matchAll(/`(test\/[^`]+)`/g)].map(([, file]) => file ?? '') }]
})

function testFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? testFiles(`${folder}/${entry.name}`)
      : entry.name.endsWith('.test.ts')
        ? [`${folder}/${entry.name}`]
        : [],
  )
}

describe('docs/celery-cases.md', () => {
  it.each(rows.filter(({ files }) => files.length > 0))('$number is tested where it says', ({ number, files }) => {
    for (const file of files) {
      // Core's tables carry no numbers.
      if (!file.startsWith('test/core'))
        expect(readFileSync(join(root, file), 'utf8')).toMatch(new RegExp(`['\`]${number}: `))
    }
  })

  it('names every case that a test names', () => {
    const named = testFiles('test').flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/it\(?(?:\.each.*)?\(?['`]([AR]\d+): /g)].map(
        ([, number]) => number,
      ),
    )
    expect(named.length).toBeGreaterThan(20)
    for (const number of named) expect(rows.map((row) => row.number)).toContain(number)
  })
})
