import { join } from 'node:path'
import { createColors } from 'picocolors'
import { checkAll } from './checks.ts'
import { writeCustomers } from './customers.ts'
import { createDisplay, number } from './display.ts'
import { nextSteps } from './next-steps.ts'
import { outcomeOf, reportOf } from './report.ts'
import { parseSettings } from './settings.ts'
import { stopSignal, untilAborted } from './stop-signal.ts'
import { app } from './tasks.ts'
import { Watch } from './watch.ts'
import type { Customer } from './welcome-mail.ts'
import { enqueueMails, enqueueParcels, enqueuePictures } from './work.ts'
import { openWorld, type World } from './world.ts'

const isTerminal = process.stdout.isTTY === true
const colors = createColors(isTerminal && !process.env.NO_COLOR)
// On Node 20 the SDK announces its plans for 2027 on stderr.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'

const settings = parseSettings(process.argv.slice(2), isTerminal)
const stopped = stopSignal()
const watches = { emails: new Watch(app), images: new Watch(app), parcels: new Watch(app) }

process.exitCode = await main()

/** @returns the exit code */
async function main(): Promise<number> {
  let world: World | undefined
  try {
    console.log('Starting SQS, DynamoDB, a mail server, a carrier and the workers …')
    world = await openWorld(settings.inProcess, (event) => watches[event.queue as keyof typeof watches].hear(event))
    stopped.throwIfAborted()
    console.log(`SQS at ${world.local.endpoints.sqs}, DynamoDB at ${world.local.endpoints.dynamodb}`)
    const isWell = await runShop(world)
    if (settings.staysUp) {
      console.log(nextSteps(world.local, isTerminal))
      await untilAborted(stopped)
    }
    return isWell ? 0 : 1
  } catch (error) {
    if (!stopped.aborted) throw error
    console.log('Stopped.')
    return 130
  } finally {
    await world?.close()
  }
}

/** Enqueues everything, follows it to the end, and looks whether it was done. */
async function runShop(world: World): Promise<boolean> {
  const { mails, images, calls } = settings
  const list = join(world.folder, 'customers.csv')
  await writeCustomers(list, mails)
  console.log(`${number(mails)} customers in ${list}, ${number(images)} pictures, ${number(calls)} parcels`)

  const customers = new Map<string, Customer>()
  const orders = Array.from({ length: calls }, (_, index) => `order-${String(index + 1).padStart(6, '0')}`)
  const display = createDisplay(isTerminal, { emails: mails, images, parcels: calls })
  const shown = setInterval(() => showProgress(), 200)
  const showProgress = () => {
    for (const [queue, { progress }] of Object.entries(watches)) display.update(queue, progress)
  }
  const enqueueing = Promise.all([
    enqueueMails(list, customers, watches.emails, stopped),
    enqueuePictures(images, world, watches.images, stopped),
    enqueueParcels(orders, watches.parcels, stopped),
  ])
  const working = Promise.all(
    Object.entries(watches).map(async ([queue, watch]) => outcomeOf(app, queue, await watch.untilEnded(stopped))),
  )
  const [[recognised], outcomes] = await Promise.all([enqueueing, working]).finally(() => {
    clearInterval(shown)
    showProgress()
    display.stop()
  })
  console.log(reportOf(outcomes, colors))
  const checks = await checkAll(app, world, { customers, recognised, images, orders, outcomes })
  for (const { claim, problems } of checks) {
    console.log(`${problems.length === 0 ? colors.green('✔') : colors.red('✘')} ${claim}`)
    for (const problem of problems.slice(0, 5)) console.log(`    ${problem}`)
    if (problems.length > 5) console.log(`    … and ${number(problems.length - 5)} more`)
  }
  return checks.every(({ problems }) => problems.length === 0)
}
