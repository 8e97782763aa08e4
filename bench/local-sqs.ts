/**
 * Requests per second of the local SQS server by action, and the memory of a million waiting messages.
 *
 *   npx tsx bench/local-sqs.ts [--seconds 2] [--connections 32] [--messages 1000000]
 *
 * The server runs in a process of its own and is asked over kept-alive connections, one request at a time on each, by a
 * client that does nothing but count: an SDK would be the bottleneck. The second number of a cell is what one second of
 * the server's own processor time answers, which other load on the machine does not touch.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { startSqsServer } from '../shared/local/sqs/index.ts'
import { createSqsModel } from '../shared/memory/sqs/index.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '32' },
    messages: { type: 'string', default: '1000000' },
    role: { type: 'string' },
    'data-dir': { type: 'string' },
    durability: { type: 'string' },
  },
})

if (values.role === 'server') await serve()
else if (values.role === 'memory') fill(Number(values.messages))
else await main()

async function serve(): Promise<void> {
  const begun = performance.now()
  const dataDir = values['data-dir']
  const server = await startSqsServer({
    ...(dataDir === undefined ? {} : { dataDir }),
    durability: values.durability === 'disk' ? 'disk' : 'process',
  })
  process.on('message', () => process.send?.(process.cpuUsage()))
  console.log(JSON.stringify({ endpoint: server.endpoint, startMs: performance.now() - begun }))
}

function fill(count: number): void {
  const model = createSqsModel()
  const { QueueUrl } = model.createQueue({ QueueName: 'q' })
  const collect = (globalThis as { gc?: () => void }).gc ?? (() => {})
  collect()
  const before = process.memoryUsage().heapUsed
  // Read from bytes, as a server gets it.
  const body = (n: number): string => Buffer.from(`${n}`.padStart(100, 'x')).toString()
  const begun = performance.now()
  for (let n = 0; n < count; n += 10) {
    const Entries = Array.from({ length: 10 }, (_, i) => ({ Id: `${i}`, MessageBody: body(n + i) }))
    model.sendMessageBatch({ QueueUrl, Entries })
  }
  const seconds = (performance.now() - begun) / 1000
  collect()
  const { heapUsed, rss } = process.memoryUsage()
  // Asked last, so that nothing of it was collected before.
  const { visible } = model.inspect.counts('q')
  console.log(JSON.stringify({ perMessage: (heapUsed - before) / visible, rss, perSecond: count / seconds }))
}

interface Client {
  socket: Socket
  ask(action: string, body: string): Promise<string>
}

/** One connection that asks and waits for the answer. */
function open(endpoint: string): Promise<Client> {
  const { hostname, port } = new URL(endpoint)
  return new Promise((resolve, reject) => {
    let answered: (body: string) => void = () => {}
    let text = ''
    const socket = connect(Number(port), hostname, () => resolve({ socket, ask }))
    socket.setNoDelay(true)
    socket.on('error', reject)
    socket.setEncoding('utf8')
    socket.on('data', (part: string) => {
      text += part
      const end = text.indexOf('\r\n\r\n')
      const length = /content-length: (\d+)/i.exec(text)?.[1]
      if (end < 0 || length === undefined || text.length < end + 4 + Number(length)) return
      const body = text.slice(end + 4)
      text = ''
      answered(body)
    })
    const ask = (action: string, body: string): Promise<string> =>
      new Promise((done) => {
        answered = done
        socket.write(
          `POST / HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/x-amz-json-1.0\r\n` +
            `x-amz-target: AmazonSQS.${action}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
        )
      })
  })
}

type Step = (client: Client) => Promise<unknown>

/** Seconds of processor time that the server has used. */
function cpuOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('message', (message) => {
      const { user, system } = message as NodeJS.CpuUsage
      resolve((user + system) / 1e6)
    })
    child.send('cpu')
  })
}

/** Requests a second of one step, on all connections at once, and a second of the server's processor time. */
async function measure(child: ChildProcess, clients: Client[], step: Step, requests = 1): Promise<string> {
  let count = 0
  const cpuBefore = await cpuOf(child)
  const begun = performance.now()
  const seconds = Number(values.seconds)
  const until = begun + seconds * 1000
  await Promise.all(
    clients.map(async (client) => {
      while (performance.now() < until) {
        await step(client)
        count += requests
      }
    }),
  )
  const wall = (performance.now() - begun) / 1000
  const cpu = (await cpuOf(child)) - cpuBefore
  return `${rounded(count / wall)}  ${rounded(count / cpu)}`
}

function rounded(value: number): string {
  return Math.round(value).toLocaleString('en')
}

async function main(): Promise<void> {
  const modes: [title: string, args: string[]][] = [['in memory', []]]
  const folder = mkdtempSync(join(tmpdir(), 'bench-sqs-'))
  for (const durability of ['process', 'disk']) {
    modes.push([`data folder, ${durability}`, ['--data-dir', join(folder, durability), '--durability', durability]])
  }
  const columns: Record<string, string>[] = []
  try {
    for (const [, args] of modes) columns.push(await measureServer(args))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  const table = new Table({
    head: ['requests/s, per CPU second', ...modes.map(([title]) => title)],
    style: { compact: true },
  })
  for (const name of Object.keys(columns[0] ?? {})) {
    table.push([name, ...columns.map((column) => column[name] ?? '')])
  }
  console.log(table.toString())
  const memory = await childOutput(['--expose-gc'], ['--role', 'memory', '--messages', values.messages])
  const { perMessage, rss, perSecond } = memory
  console.log(
    `${Number(values.messages).toLocaleString('en')} waiting messages of 100 bytes: ${Math.round(perMessage ?? 0)} bytes ` +
      `of heap each, bodies included; ${Math.round((rss ?? 0) / 2 ** 20)} MiB resident in all; ` +
      `sent at ${Math.round(perSecond ?? 0).toLocaleString('en')} a second inside the process`,
  )
}

async function measureServer(args: string[]): Promise<Record<string, string>> {
  const child = launch([], ['--role', 'server', ...args])
  try {
    const { endpoint, startMs } = JSON.parse(await firstLine(child)) as { endpoint: string; startMs: number }
    const clients = await Promise.all(Array.from({ length: Number(values.connections) }, () => open(endpoint)))
    const QueueUrl = `${endpoint}/000000000000/q`
    const [first] = clients
    if (first === undefined) throw new Error('--connections must be at least 1')
    for (const QueueName of ['q', 'idle', 'poll']) await first.ask('CreateQueue', JSON.stringify({ QueueName }))
    const body = 'x'.repeat(200)
    const one = JSON.stringify({ QueueUrl, MessageBody: body })
    const Entries = Array.from({ length: 10 }, (_, n) => ({ Id: `${n}`, MessageBody: body }))
    const ten = JSON.stringify({ QueueUrl, Entries })
    const receiveTen = JSON.stringify({ QueueUrl, MaxNumberOfMessages: 10 })
    const empty = JSON.stringify({ QueueUrl: `${endpoint}/000000000000/idle` })
    const attributes = JSON.stringify({ QueueUrl, AttributeNames: ['All'] })
    const handles = async (client: Client): Promise<string[]> => {
      const { Messages = [] } = JSON.parse(await client.ask('ReceiveMessage', receiveTen))
      return (Messages as { ReceiptHandle: string }[]).map((message) => message.ReceiptHandle)
    }
    const rates: Record<string, string> = { 'start, ms': rounded(startMs) }
    const rate = (step: Step, requests = 1) => measure(child, clients, step, requests)
    rates.SendMessage = await rate((client) => client.ask('SendMessage', one))
    rates['SendMessageBatch of 10'] = await rate((client) => client.ask('SendMessageBatch', ten))
    rates['ReceiveMessage of 10'] = await rate((client) => client.ask('ReceiveMessage', receiveTen))
    rates['ReceiveMessage, empty'] = await rate((client) => client.ask('ReceiveMessage', empty))
    await first.ask('SendMessageBatch', ten)
    const cycle: Step = async (client) => {
      await client.ask('SendMessageBatch', ten)
      const Entries = (await handles(client)).map((ReceiptHandle, n) => ({ Id: `${n}`, ReceiptHandle }))
      await client.ask('DeleteMessageBatch', JSON.stringify({ QueueUrl, Entries }))
    }
    rates['send, receive, delete 10'] = await rate(cycle, 3)
    rates.ChangeMessageVisibility = await rate(withHandle(handles, QueueUrl))
    rates.GetQueueAttributes = await rate((client) => client.ask('GetQueueAttributes', attributes))
    rates['long poll woken'] = await measurePolls(child, clients, `${endpoint}/000000000000/poll`)
    for (const { socket } of clients) socket.destroy()
    return rates
  } finally {
    child.kill('SIGKILL')
  }
}

/** Changes the visibility of a message that each connection received once. */
function withHandle(receive: (client: Client) => Promise<string[]>, QueueUrl: string): Step {
  const bodies = new Map<Client, string>()
  return async (client) => {
    let body = bodies.get(client)
    if (body === undefined) {
      const [ReceiptHandle] = await receive(client)
      body = JSON.stringify({ QueueUrl, ReceiptHandle, VisibilityTimeout: 600 })
      bodies.set(client, body)
    }
    await client.ask('ChangeMessageVisibility', body)
  }
}

/** Half of the connections wait, the other half sends. */
function measurePolls(child: ChildProcess, clients: Client[], QueueUrl: string): Promise<string> {
  const poll = JSON.stringify({ QueueUrl, WaitTimeSeconds: 1 })
  const send = JSON.stringify({ QueueUrl, MessageBody: 'x' })
  const half = clients.length / 2
  return measure(child, clients, (client) =>
    clients.indexOf(client) < half ? client.ask('ReceiveMessage', poll) : client.ask('SendMessage', send),
  )
}

function launch(nodeArgs: string[], args: string[]): ChildProcess {
  const program = fileURLToPath(import.meta.url)
  return spawn(process.execPath, [...nodeArgs, '--max-old-space-size=4096', '--import', 'tsx', program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout?.once('data', (line: Buffer) => resolve(line.toString()))
    child.once('exit', (code) => reject(new Error(`the process ended with code ${code}`)))
  })
}

async function childOutput(nodeArgs: string[], args: string[]): Promise<Record<string, number>> {
  return JSON.parse(await firstLine(launch(nodeArgs, args))) as Record<string, number>
}
