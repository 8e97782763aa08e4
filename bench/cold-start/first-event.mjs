/**
 * A Lambda environment's first event, without Lambda: loads a bundle, answers, tells how long it took since the process began, and ends.
 *
 *     node first-event.mjs BUNDLE EVENT
 */
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const [bundle, event] = process.argv.slice(2)
const startedAt = performance.now()
const { handler } = await import(pathToFileURL(bundle).href)
const loadedAt = performance.now()
const { batchItemFailures } = await handler(JSON.parse(readFileSync(event, 'utf8')), {
  awsRequestId: 'first',
  getRemainingTimeInMillis: () => 60_000,
})
const answeredAt = performance.now()
if (batchItemFailures.length > 0) throw new Error('The event was not worked off.')
process.stdout.write(JSON.stringify({ boot: startedAt, load: loadedAt - startedAt, answer: answeredAt - loadedAt }))
process.exit()
