import { RejectError, type TaskContext } from 'celeriac'
import { createTransport } from 'nodemailer'
import { readServices } from './services.ts'
import { type Customer, welcomeMail } from './welcome-mail.ts'

/** Opened by the first task of a process and kept for all others: a Lambda environment lives through many batches. */
let mailer: ReturnType<typeof openMailer> | undefined

function openMailer() {
  const { smtpPort } = readServices(process.env)
  return createTransport({ host: '127.0.0.1', port: smtpPort, pool: true, maxConnections: 10, maxMessages: 1_000 })
}

/** @returns the message's id, which is made of the task's: another attempt sends the same mail, not another one. */
export async function sendWelcome(customer: Customer, context: TaskContext): Promise<{ messageId: string }> {
  mailer ??= openMailer()
  const messageId = `<${context.id}@shop.example>`
  try {
    await mailer.sendMail({ ...welcomeMail(customer), messageId })
  } catch (error) {
    throw isFinal(error) ? new RejectError(error.response, { cause: error }) : error
  }
  return { messageId }
}

/** SMTP: 4xx asks to come back later, 5xx will never change its mind. */
function isFinal(error: unknown): error is Error & { readonly response: string } {
  return (
    error instanceof Error &&
    'responseCode' in error &&
    typeof error.responseCode === 'number' &&
    error.responseCode >= 500 &&
    'response' in error &&
    typeof error.response === 'string'
  )
}
