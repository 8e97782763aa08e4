import { createApp } from 'celeriac'
import { z } from 'zod'
import { sendWelcome } from './send-welcome.ts'

/** What producers, workers and the CDK stack all read. */
export const app = createApp({
  name: 'shop',
  queues: {
    emails: { concurrency: 20, batchSize: 10, timeout: '30s' },
    images: { concurrency: 5, batchSize: 1, timeout: '60s', memory: 1_769 },
    parcels: { concurrency: 10, batchSize: 10, timeout: '30s' },
  },
})

/** Greets one customer by mail. However often it is enqueued, one address gets one mail. */
export const welcome = app.task(
  'emails.welcome',
  {
    queue: 'emails',
    input: z.object({ number: z.int().positive(), name: z.string().min(1), to: z.email(), city: z.string() }),
    idempotencyKey: ({ to }) => `welcome:${to.toLowerCase()}`,
    // Greylisting servers want to be asked again "later"; the demonstration has no minutes to spare.
    retry: { maxRetries: 5, delay: '1s', maxDelay: '5s' },
    sensitive: ['name', 'to'],
  },
  sendWelcome,
)

/** Makes the sizes of a picture that the shop shows. The function loads when the first picture comes, never in a producer. */
export const resize = app.task(
  'images.resize',
  {
    queue: 'images',
    input: z.object({ file: z.string(), folder: z.string(), widths: z.array(z.int().min(16).max(4_096)).min(1) }),
    retry: { maxRetries: 2, delay: '1s' },
  },
  () => import('./resize-picture.ts'),
)

/** Books a parcel with a carrier whose API is down now and then. */
export const book = app.task(
  'parcels.book',
  {
    queue: 'parcels',
    input: z.object({ order: z.string(), grams: z.int().positive() }),
    idempotencyKey: ({ order }) => order,
    retry: { maxRetries: 9, delay: '250ms', maxDelay: '2s' },
  },
  () => import('./book-parcel.ts'),
)
