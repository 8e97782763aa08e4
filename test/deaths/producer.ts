// Started by the test: enqueues inputs 0 to n-1 and writes down what was accepted. What was given back is enqueued again, as a caller would.
import { openSync, writeSync } from 'node:fs'
import { app, effect } from './tasks.ts'

const [, , count, file = ''] = process.argv
const accepted = openSync(file, 'a')
let left: readonly number[] = Array.from({ length: Number(count) }, (_, n) => n)
while (left.length > 0) {
  const refused: number[] = []
  for await (const { index, handle } of effect.delayMany(left)) {
    const n = left[index] ?? -1
    if (handle === undefined) refused.push(n)
    else writeSync(accepted, `${n} ${handle.id}\n`)
  }
  left = refused
}
app.close()
