// A server that is measured, in a process of its own. Prints its endpoint and how long the start took; answers
// `cpu` with the processor time it has used, `heap` with what is left after a collection. argv: a data folder.
import { startDynamoDbServer } from '../../localstack/dynamodb/index.ts'

const [, , dataDir] = process.argv
const startedAt = process.cpuUsage()
const begun = performance.now()
const { endpoint } = await startDynamoDbServer(dataDir === undefined ? {} : { dataDir })
const { user, system } = process.cpuUsage(startedAt)
console.log(JSON.stringify({ endpoint, startMs: performance.now() - begun, startCpuMs: (user + system) / 1_000 }))

process.on('message', (question) => {
  if (question === 'heap') globalThis.gc?.()
  const used = process.cpuUsage()
  process.send?.(question === 'heap' ? process.memoryUsage().heapUsed : (used.user + used.system) / 1_000)
})
// It ends with who measures it.
process.once('disconnect', () => process.exit())
