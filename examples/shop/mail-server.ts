import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { domainToASCII } from 'node:url'
import PostalMime from 'postal-mime'
import { SMTPServer } from 'smtp-server'
import { numberOf } from './chance.ts'

/** How a mailbox treats what comes: one in twenty is greylisted, five in a thousand are of no use. */
export type Mailbox = 'open' | 'greylisted' | 'unknown' | 'full'

export function mailboxOf(written: string): Mailbox {
  const address = canonicalAddress(written)
  const number = numberOf(`mailbox ${address}`, 1_000)
  if (number < 3) return 'unknown'
  if (number < 5) return 'full'
  return number < 55 ? 'greylisted' : 'open'
}

/** Domains are the same in capitals and in any script; local parts are left as they are. */
export function canonicalAddress(address: string): string {
  const at = address.lastIndexOf('@')
  return `${address.slice(0, at)}@${domainToASCII(address.slice(at + 1))}`
}

/** One mail as it arrived, decoded. */
export interface ReceivedMail {
  /** Canonical, from the envelope: the recipient. */
  readonly recipient: string
  readonly to: string
  readonly name: string
  readonly subject: string
  readonly messageId: string
  readonly text: string
}

export interface MailServer {
  readonly port: number
  readonly mails: readonly ReceivedMail[]
  /** Answers with 4xx. */
  readonly postponed: number
  /** Answers with 5xx. */
  readonly refused: number
  close(): Promise<void>
}

/** An SMTP server on loopback that keeps what it accepts in memory. */
export async function startMailServer(): Promise<MailServer> {
  const mails: ReceivedMail[] = []
  const askedBefore = new Set<string>()
  let postponed = 0
  let refused = 0
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 500,
    onRcptTo({ address }, _session, callback) {
      const mailbox = mailboxOf(address)
      if (mailbox === 'greylisted' && !askedBefore.has(address)) {
        askedBefore.add(address)
        postponed++
        return callback(smtpError(451, '4.7.1 Greylisted, try again later'))
      }
      if (mailbox === 'unknown' || mailbox === 'full') {
        refused++
        return callback(
          mailbox === 'full' ? smtpError(552, '5.2.2 Mailbox full') : smtpError(550, '5.1.1 No such mailbox'),
        )
      }
      callback()
    },
    onData(stream, session, callback) {
      const recipients = session.envelope.rcptTo.map(({ address }) => address)
      receive(stream, recipients).then(
        (received) => {
          mails.push(...received)
          callback()
        },
        (error: unknown) => callback(smtpError(451, `4.3.0 ${String(error)}`)),
      )
    },
  })
  // A client that goes away in the middle of a line is no concern of the server's.
  server.on('error', () => {})
  const listening = server.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  return {
    port: (listening.address() as AddressInfo).port,
    mails,
    get postponed() {
      return postponed
    },
    get refused() {
      return refused
    },
    close: () => new Promise((done) => server.close(() => done())),
  }
}

async function receive(stream: NodeJS.ReadableStream, recipients: readonly string[]): Promise<ReceivedMail[]> {
  const mail = await PostalMime.parse(await contentOf(stream))
  const to = mail.to?.[0]
  return recipients.map((recipient) => ({
    recipient: canonicalAddress(recipient),
    to: canonicalAddress(to?.address ?? ''),
    name: to?.name ?? '',
    subject: mail.subject ?? '',
    messageId: mail.messageId ?? '',
    text: mail.text ?? '',
  }))
}

function contentOf(stream: NodeJS.ReadableStream): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => resolve(Buffer.concat(chunks)))
    stream.on('error', reject)
  })
}

function smtpError(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode })
}
