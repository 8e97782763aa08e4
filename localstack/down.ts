/**
 * Ends the engines that `up` started, with everything deployed to them.
 *
 *     npx tsx localstack/down.ts [ministack|localstack]
 */
import { chooseEngines } from './engines/catalogue.ts'
import { end, notedEngines } from './engines/running.ts'

const wanted = new Set(chooseEngines(process.argv.slice(2), {}).map(({ name }) => name))
const running = (await notedEngines()).filter(({ name }) => wanted.has(name))
if (running.length === 0) console.log('Nothing runs.')
for (const engine of running) {
  await end(engine)
  console.log(`${engine.name} ended.`)
}
