import { readdir } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { App } from 'celeriac'
import type { Local } from 'celeriac/local'
import { Jimp } from 'jimp'
import type { Carrier } from './carrier.ts'
import { number } from './display.ts'
import { glitchesIn } from './glitches.ts'
import { type MailServer, mailboxOf } from './mail-server.ts'
import { pictureSize } from './pictures.ts'
import type { QueueOutcome } from './report.ts'
import type { Customer } from './welcome-mail.ts'
import { widths } from './work.ts'
import type { World } from './world.ts'

/** Something that must be true at the end. `problems` names what is not, at most a few. */
export interface Check {
  readonly claim: string
  readonly problems: readonly string[]
}

/** What was to be done. */
export interface Work {
  readonly customers: ReadonlyMap<string, Customer>
  /** Second enqueues that gave the task of the first. */
  readonly recognised: number
  readonly images: number
  readonly orders: readonly string[]
  readonly outcomes: readonly QueueOutcome[]
}

export async function checkAll(app: App, world: World, work: Work): Promise<readonly Check[]> {
  const { customers, recognised, images, orders, outcomes } = work
  const doubled = glitchesIn(customers.size)
  const refused = [...customers.keys()].filter((address) => !takesMail(address)).length
  const failed = outcomes.flatMap(({ ended }) => ended).filter(({ state }) => state !== 'SUCCESS').length
  return [
    ...checkMails(customers, world.mailServer),
    checkCount(`${number(doubled)} customers were enqueued twice and are one task each`, doubled, recognised),
    await checkPictures(world.thumbnails, images, widths),
    checkParcels(orders, world.carrier),
    checkCount(`nothing failed but mails to mailboxes that take none (${number(refused)})`, refused, failed),
    ...(await checkQueues(app, world.local, failed)),
  ]
}

const settleMs = 5_000

/**
 * A finished task's message goes a moment after its record. A second copy that came while the first one ran is hidden until the lease of that run
 * ends: it is in flight still, and will find its task finished.
 */
async function checkQueues(app: App, local: Local, failed: number): Promise<readonly Check[]> {
  const until = Date.now() + settleMs
  for (;;) {
    const queues = await app.inspect.queues()
    const left = queues.filter(({ waiting, delayed }) => waiting + delayed > 0)
    const dead = deadTasks(local)
    if ((left.length === 0 && dead === failed) || Date.now() > until) {
      const problems = left.map(({ queue, waiting, delayed }) => `${queue}: ${waiting + delayed} left`)
      return [
        checkCount('each of them left a dead letter', failed, dead),
        { claim: 'nothing waits in the queues', problems },
      ]
    }
    await sleep(100)
  }
}

/** One task may leave several letters: failed, enqueued again with its key and failed again; or delivered twice, and repeated what follows. */
function deadTasks({ sqs, queues }: Local): number {
  const letters = Object.values(queues).flatMap(({ deadUrl }) => sqs.model.inspect.messages(deadUrl))
  return new Set(letters.map(({ body }) => (JSON.parse(body) as { readonly id: string }).id)).size
}

/** Looks at what arrived, not at what the queue says. */
export function checkMails(customers: ReadonlyMap<string, Customer>, server: MailServer): readonly Check[] {
  const arrived = new Map<string, number>()
  const wrong: string[] = []
  for (const { recipient, to, name, subject, text } of server.mails) {
    arrived.set(recipient, (arrived.get(recipient) ?? 0) + 1)
    const customer = customers.get(recipient)
    const isRight =
      to === recipient &&
      name === customer?.name &&
      subject.endsWith(name) &&
      text.includes(`customer number is ${customer.number}.`) &&
      text.includes(customer.city)
    if (!isRight) wrong.push(`the mail to ${recipient} says ${JSON.stringify({ to, name, subject })}`)
  }
  const expected = [...customers.keys()].filter((address) => takesMail(address))
  const counts = [...customers.keys()].flatMap((address) => {
    const count = arrived.get(address) ?? 0
    return count === (takesMail(address) ? 1 : 0) ? [] : [`${address} got ${count} mails`]
  })
  return [
    { claim: `each of ${number(expected.length)} recipients got exactly one mail`, problems: counts },
    { claim: 'each mail carries its own customer’s name, number and city', problems: wrong },
  ]
}

export function takesMail(address: string): boolean {
  const mailbox = mailboxOf(address)
  return mailbox === 'open' || mailbox === 'greylisted'
}

/** Opens every thumbnail. */
export async function checkPictures(folder: string, count: number, widths: readonly number[]): Promise<Check> {
  const problems: string[] = []
  const files = await readdir(folder)
  if (files.length !== count * widths.length)
    problems.push(`expected ${count * widths.length} files, found ${files.length}`)
  for (const file of files) {
    const { width, height } = await Jimp.read(join(folder, file))
    const wanted = Number(/-(\d+)$/.exec(file.slice(0, -extname(file).length))?.[1])
    const proportion = pictureSize.height / pictureSize.width
    if (width !== wanted || Math.abs(height - width * proportion) > 1) problems.push(`${file} is ${width} × ${height}`)
  }
  return { claim: `${number(files.length)} thumbnails have the right width and proportions`, problems }
}

export function checkParcels(orders: readonly string[], carrier: Carrier): Check {
  const share = carrier.requests === 0 ? 0 : Math.round((carrier.failures / carrier.requests) * 100)
  return {
    claim: `each of ${number(orders.length)} orders was booked exactly once, though ${share} % of ${number(carrier.requests)} requests failed`,
    problems: orders.flatMap((order) => {
      const count = carrier.bookings.get(order) ?? 0
      return count === 1 ? [] : [`${order} was booked ${count} times`]
    }),
  }
}

/** A claim about a number. */
export function checkCount(claim: string, expected: number, received: number): Check {
  return { claim, problems: expected === received ? [] : [`expected ${number(expected)}, counted ${number(received)}`] }
}
