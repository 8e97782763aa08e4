import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { consoleTelemetry, type TaskEvent } from 'celeriac'
import { type Local, startLocal } from 'celeriac/local'
import { type Carrier, startCarrier } from './carrier.ts'
import { type MailServer, startMailServer } from './mail-server.ts'
import { writeServices } from './services.ts'
import { app } from './tasks.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** What the shop needs around it: a folder, a mail server, a carrier, and AWS. */
export interface World {
  readonly folder: string
  readonly pictures: string
  readonly thumbnails: string
  readonly mailServer: MailServer
  readonly carrier: Carrier
  readonly local: Local
  /** Ends everything in the opposite order. Nothing is left behind. */
  close(): Promise<void>
}

/** @param onEvent called for every step of every task */
export async function openWorld(inProcess: boolean, onEvent: (event: TaskEvent) => void): Promise<World> {
  const closing: (() => Promise<void>)[] = []
  const close = async (): Promise<void> => {
    for (let end = closing.pop(); end !== undefined; end = closing.pop()) await end()
  }
  try {
    const folder = await temporaryFolder()
    closing.push(folder.remove)
    const pictures = join(folder.path, 'pictures')
    const thumbnails = join(folder.path, 'thumbnails')
    await mkdir(pictures)
    await mkdir(thumbnails)
    const mailServer = await startMailServer()
    closing.push(mailServer.close)
    const carrier = await startCarrier()
    closing.push(carrier.close)
    const env = writeServices({ smtpPort: mailServer.port, carrierUrl: carrier.url })
    // Tasks that run in this process read the same environment.
    if (inProcess) Object.assign(process.env, env)
    const log = createWriteStream(join(folder.path, 'worker.log'))
    const write = (line: string) => log.write(`${line}\n`)
    closing.push(() => new Promise((done) => log.end(done)))
    const local = await startLocal(app, {
      worker: fileURLToPath(new URL('worker.ts', import.meta.url)),
      inProcess,
      env,
      concurrency: { emails: 2, images: 5, parcels: 2 },
      telemetry: consoleTelemetry({ write }),
      onEvent,
      onLog: ({ text }) => write(text),
      onProblem: write,
    })
    closing.push(() => local.stop({ drain: false }))
    return { folder: folder.path, pictures, thumbnails, mailServer, carrier, local, close }
  } catch (error) {
    await close()
    throw error
  }
}
