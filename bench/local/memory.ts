import { Closing } from '../../shared/local/closing.ts'
import { createQueue } from './actions.ts'
import { openConnection } from './connection.ts'
import { whole } from './numbers.ts'
import { type NodeServer, startCeleriac, startFauxqs } from './servers.ts'
import { printTable } from './table.ts'

/** fauxqs gets that many times fewer messages, so that the benchmark ends while somebody is looking. */
const fewer = 10
const bodyBytes = 100
const connections = 8

/** What a server holds while messages wait, sent through its port. */
export async function measureMemory(messages: number, others: boolean, closing: Closing): Promise<void> {
  const contestants = [
    { start: (ending: Closing) => startCeleriac(ending, 'Celeriac'), messages },
    ...(others ? [{ start: startFauxqs, messages: Math.ceil(messages / fewer) }] : []),
  ]
  const rows: (readonly [string, ...string[]])[] = []
  for (const { start, messages: count } of contestants) {
    try {
      rows.push(await fill(start, count, closing))
    } catch (error) {
      console.log(`Left out: ${error instanceof Error ? error.message : error}`)
    }
  }
  printTable(
    `Memory with messages of ${bodyBytes} bytes waiting, sent in batches of 10${others ? `; fauxqs gets ${fewer} times fewer to save time` : ''}. Bytes are of the heap after a collection, bodies included.`,
    ['', 'messages', 'bytes a message', 'resident before', 'resident with them', 'messages sent/s'],
    rows,
  )
}

async function fill(
  start: (ending: Closing) => Promise<NodeServer>,
  messages: number,
  closing: Closing,
): Promise<readonly [string, ...string[]]> {
  const ending = new Closing()
  closing.add(() => ending.close())
  try {
    const server = await start(ending)
    const lanes = await Promise.all(Array.from({ length: connections }, () => openConnection(server.endpoint)))
    ending.add(() => {
      for (const lane of lanes) lane.close()
    })
    const [first] = lanes
    const QueueUrl = first === undefined ? '' : await createQueue(first, 'bench')
    const before = await server.used('collected')
    const begun = performance.now()
    let sent = 0
    await Promise.all(
      lanes.map(async (lane) => {
        while (sent < messages) {
          const from = sent
          sent += 10
          const Entries = Array.from({ length: 10 }, (_, index) => ({
            Id: `${index}`,
            MessageBody: `${from + index}`.padStart(bodyBytes, 'x'),
          }))
          await lane.ask('SendMessageBatch', JSON.stringify({ QueueUrl, Entries }))
        }
      }),
    )
    const perSecond = (sent * 1_000) / (performance.now() - begun)
    const after = await server.used('collected')
    return [
      server.name,
      whole(sent),
      whole((after.heapBytes - before.heapBytes) / sent),
      mebibytes(before.residentBytes),
      mebibytes(after.residentBytes),
      whole(perSecond),
    ]
  } finally {
    await ending.close()
  }
}

function mebibytes(bytes: number): string {
  return `${whole(bytes / 2 ** 20)} MiB`
}
