import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type SqsServer, type SqsServerOptions, startSqsServer } from '../../../../localstack/sqs/server/index.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { call } from './raw.ts'

let dataDir: string
let server: SqsServer | undefined
let warnings: string[]

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'sqs-'))
  warnings = []
})
afterEach(async () => {
  await server?.stop()
  server = undefined
  rmSync(dataDir, { recursive: true, force: true })
})

const start = async (options: SqsServerOptions = {}): Promise<SqsServer> => {
  server = await startSqsServer({ dataDir, warn: (message) => warnings.push(message), ...options })
  return server
}
const restart = async (options: SqsServerOptions = {}): Promise<SqsServer> => {
  await server?.stop()
  return start(options)
}
const log = () => join(dataDir, 'sqs.log')
const bodiesOf = (queue: string) => server?.model.inspect.messages(queue).map((message) => message.body)

describe('a data folder', () => {
  test('keeps queues, attributes, tags, messages and where they stand', async () => {
    const clock = new ManualClock()
    const { endpoint, model } = await start({ clock })
    const { QueueUrl } = model.createQueue({
      QueueName: 'q',
      Attributes: { VisibilityTimeout: '60' },
      tags: { a: 'b' },
    })
    await call(endpoint, 'SendMessageBatch', {
      QueueUrl,
      Entries: [
        { Id: '1', MessageBody: 'received', MessageAttributes: { b: { DataType: 'Binary', BinaryValue: 'AP8=' } } },
        { Id: '2', MessageBody: 'deleted' },
        { Id: '3', MessageBody: 'waiting', MessageGroupId: 'tenant' },
        { Id: '4', MessageBody: 'delayed', DelaySeconds: 100 },
      ],
    })
    const { body } = await call(endpoint, 'ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 2 })
    const handles = (JSON.parse(body).Messages as { ReceiptHandle: string }[]).map((message) => message.ReceiptHandle)
    await call(endpoint, 'DeleteMessage', { QueueUrl, ReceiptHandle: handles[1] })
    const before = model.inspect.messages('q')

    const again = await restart({ clock })
    expect(again.model.inspect.messages('q')).toEqual(before)
    expect(again.model.listQueueTags({ QueueUrl: '/000000000000/q' }).Tags).toEqual({ a: 'b' })
    const url = again.model.getQueueUrl({ QueueName: 'q' }).QueueUrl
    // Receipt handles outlive the restart.
    again.model.changeMessageVisibility({ QueueUrl: url, ReceiptHandle: handles[0], VisibilityTimeout: 0 })
    expect(again.model.inspect.counts('q')).toEqual({ visible: 2, delayed: 1, inFlight: 0 })
  })

  test('keeps FIFO order, deduplication and sequence numbers', async () => {
    const clock = new ManualClock()
    const first = await start({ clock })
    const { QueueUrl } = first.model.createQueue({ QueueName: 'q.fifo', Attributes: { FifoQueue: 'true' } })
    const message = (id: string) => ({ QueueUrl, MessageBody: id, MessageGroupId: 'g', MessageDeduplicationId: id })
    for (const id of ['a', 'b', 'c']) first.model.sendMessage(message(id))
    const last = first.model.sendMessage(message('d'))
    first.model.receiveMessageNow({ QueueUrl, VisibilityTimeout: 5 })
    const again = await restart({ clock })
    const url = again.model.getQueueUrl({ QueueName: 'q.fifo' }).QueueUrl
    const duplicate = again.model.sendMessage({ ...message('d'), QueueUrl: url })
    expect(duplicate.SequenceNumber).toBe(last.SequenceNumber)
    const next = again.model.sendMessage({ ...message('e'), QueueUrl: url })
    expect(BigInt(next.SequenceNumber ?? 0)).toBeGreaterThan(BigInt(last.SequenceNumber ?? 0))
    clock.advance(6_000)
    const { Messages = [] } = again.model.receiveMessageNow({ QueueUrl: url, MaxNumberOfMessages: 10 })
    expect(Messages.map((one) => one.Body)).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  test('keeps a purge, a deleted queue and its blocked name, and a running move task', async () => {
    const clock = new ManualClock()
    const { model } = await start({ clock })
    const purged = model.createQueue({ QueueName: 'purged' }).QueueUrl
    model.sendMessage({ QueueUrl: purged, MessageBody: 'x' })
    model.purgeQueue({ QueueUrl: purged })
    model.deleteQueue({ QueueUrl: model.createQueue({ QueueName: 'deleted' }).QueueUrl })
    const dead = model.createQueue({ QueueName: 'dead' }).QueueUrl
    const SourceArn = 'arn:aws:sqs:us-east-1:000000000000:dead'
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: SourceArn, maxReceiveCount: 1 })
    model.createQueue({ QueueName: 'source', Attributes: { RedrivePolicy } })
    for (const MessageBody of ['a', 'b', 'c']) model.sendMessage({ QueueUrl: dead, MessageBody })
    model.startMessageMoveTask({
      SourceArn,
      DestinationArn: 'arn:aws:sqs:us-east-1:000000000000:purged',
      MaxNumberOfMessagesPerSecond: 1,
    })
    clock.advance(1_000)
    const again = await restart({ clock })
    expect(again.model.inspect.queues().sort()).toEqual(['dead', 'purged', 'source'])
    expect(() => again.model.createQueue({ QueueName: 'deleted' })).toThrow(/60 seconds/)
    expect(() => again.model.purgeQueue({ QueueUrl: '/000000000000/purged' })).toThrow(/60 seconds/)
    clock.advance(3_000)
    expect(bodiesOf('purged')).toEqual(['a', 'b', 'c'])
    expect(again.model.listMessageMoveTasks({ SourceArn }).Results).toMatchObject([{ Status: 'COMPLETED' }])
  })

  test('a torn last record is dropped and reported; what came before it is there', async () => {
    const { model } = await start()
    const { QueueUrl } = model.createQueue({ QueueName: 'q' })
    for (const MessageBody of ['one', 'two']) model.sendMessage({ QueueUrl, MessageBody })
    await server?.stop()
    truncateSync(log(), statSync(log()).size - 7)
    await start()
    expect(bodiesOf('q')).toEqual(['one'])
    expect(warnings.join()).toMatch(/last record was torn/)
    server?.model.sendMessage({ QueueUrl: '/000000000000/q', MessageBody: 'three' })
    await restart()
    expect(bodiesOf('q')).toEqual(['one', 'three'])
  })

  test('a spoilt record in the middle is refused, and nothing is changed', async () => {
    const { model } = await start()
    const { QueueUrl } = model.createQueue({ QueueName: 'q' })
    for (const MessageBody of ['one', 'two']) model.sendMessage({ QueueUrl, MessageBody })
    await server?.stop()
    const spoilt = readFileSync(log(), 'utf8').replace('"body":"one"', '"body":"0ne"')
    writeFileSync(log(), spoilt)
    await expect(start()).rejects.toThrow(/is damaged: the record at byte \d+ cannot be read/)
    expect(readFileSync(log(), 'utf8')).toBe(spoilt)
    server = undefined
  })

  test('a file that is something else, or of a later version, is refused', async () => {
    await start()
    await server?.stop()
    const { lineOf } = await import('../../../../localstack/sqs/server/log-lines.ts')
    writeFileSync(log(), lineOf({ format: 'celeriac-sqs-log', version: 99 }))
    await expect(start()).rejects.toThrow(/has version 99; this server reads version 1/)
    writeFileSync(log(), lineOf({ hello: 'world' }))
    await expect(start()).rejects.toThrow(/is not a log of this server/)
    server = undefined
  })

  test('another account or region is refused', async () => {
    await start()
    await expect(restart({ region: 'eu-west-1' })).rejects.toThrow(/started for account 000000000000 in eu-west-1/)
    server = undefined
  })

  test('a folder in use is refused, and the port is free again', async () => {
    const first = await start()
    await expect(startSqsServer({ dataDir })).rejects.toThrow(/in use by process \d+/)
    expect(first.model.inspect.queues()).toEqual([])
  })

  test('a lock left by a process that is gone is taken over', async () => {
    writeFileSync(join(dataDir, 'sqs.lock'), '999999999 1')
    await start()
    expect(server?.port).toBeGreaterThan(0)
  })

  test('compaction drops what is over, keeps what is there, and goes on while requests come', async () => {
    const { endpoint, model } = await start({ compactAfterBytes: 20_000 })
    const { QueueUrl } = model.createQueue({ QueueName: 'q' })
    model.sendMessage({ QueueUrl, MessageBody: 'kept' })
    model.receiveMessageNow({ QueueUrl, VisibilityTimeout: 43_200 })
    let largest = 0
    for (let n = 0; n < 300; n += 1) {
      await call(endpoint, 'SendMessage', { QueueUrl, MessageBody: `passing ${n} ${'x'.repeat(500)}` })
      const { body } = await call(endpoint, 'ReceiveMessage', { QueueUrl })
      const [{ ReceiptHandle }] = JSON.parse(body).Messages
      await call(endpoint, 'DeleteMessage', { QueueUrl, ReceiptHandle })
      largest = Math.max(largest, statSync(log()).size)
    }
    expect(largest).toBeLessThan(100_000)
    await call(endpoint, 'SendMessage', { QueueUrl, MessageBody: 'last' })
    await restart()
    expect(bodiesOf('q')).toEqual(['kept', 'last'])
    expect(warnings).toEqual([])
  })

  test('a log with much that is over is compacted at the start', async () => {
    const { model } = await start()
    const { QueueUrl } = model.createQueue({ QueueName: 'q' })
    for (let n = 0; n < 6_000; n += 1) {
      model.sendMessage({ QueueUrl, MessageBody: `${n}` })
      const { Messages = [] } = model.receiveMessageNow({ QueueUrl })
      model.deleteMessage({ QueueUrl, ReceiptHandle: Messages[0]?.ReceiptHandle })
    }
    model.sendMessage({ QueueUrl, MessageBody: 'kept' })
    await server?.stop()
    const before = statSync(log()).size
    await start()
    expect(statSync(log()).size).toBeLessThan(before / 100)
    await restart()
    expect(bodiesOf('q')).toEqual(['kept'])
  })

  test('a log that cannot be written answers 500, and says why', async () => {
    const { endpoint, model } = await start()
    const { QueueUrl } = model.createQueue({ QueueName: 'q' })
    await call(endpoint, 'ListQueues', {})
    // What a full disk does: the file descriptor takes no more.
    const { DurableLog } = await import('../../../../localstack/storage/durable-log.ts')
    const broken = new DurableLog({
      path: '/dev/full',
      durability: 'process',
      header: '{}\n',
      size: 1,
      lines: () => [],
      compactAfterBytes: 1e9,
      warn: () => {},
    })
    broken.append(`${QueueUrl}\n`)
    await expect(broken.commit()).rejects.toThrow(/cannot be written.*ENOSPC/)
    await expect(broken.commit()).rejects.toThrow(/cannot be written/)
  })
})

describe('kill -9', () => {
  const program = fileURLToPath(new URL('./serve.ts', import.meta.url))

  const launch = (durability: string): Promise<{ child: ChildProcess; endpoint: string }> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, ['--import', 'tsx', program, dataDir, durability], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      child.once('error', reject)
      child.stdout?.once('data', (line: Buffer) => resolve({ child, endpoint: line.toString().trim() }))
    })

  test.each(['process', 'disk'])('every answered send is there afterwards (durability %s)', async (durability) => {
    const { child, endpoint } = await launch(durability)
    await call(endpoint, 'CreateQueue', { QueueName: 'q' })
    const QueueUrl = `${endpoint}/000000000000/q`
    const answered = new Set<string>()
    const lane = async (lane: number): Promise<void> => {
      for (let n = 0; ; n += 1) {
        const MessageBody = `${lane}-${n}`
        const answer = await call(endpoint, 'SendMessage', { QueueUrl, MessageBody }).catch(() => undefined)
        if (answer?.status !== 200) return
        answered.add(MessageBody)
        if (answered.size === 200) child.kill('SIGKILL')
      }
    }
    const ended = new Promise((resolve) => child.once('exit', resolve))
    await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(lane))
    await ended
    await start()
    const kept = new Set(bodiesOf('q'))
    expect(answered.size).toBeGreaterThanOrEqual(200)
    expect([...answered].filter((body) => !kept.has(body))).toEqual([])
  })
})
