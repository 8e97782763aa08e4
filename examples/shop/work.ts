import { readCustomers } from './customers.ts'
import { withGlitches } from './glitches.ts'
import { canonicalAddress } from './mail-server.ts'
import { paintPictures } from './pictures.ts'
import { book, resize, welcome } from './tasks.ts'
import type { Watch } from './watch.ts'
import type { Customer } from './welcome-mail.ts'

export const widths = [400, 200, 96] as const

/** Enqueues a mail to everybody on the list, some of them twice. Returns how many of them were the same task again. */
export async function enqueueMails(
  file: string,
  customers: Map<string, Customer>,
  watch: Watch,
  signal: AbortSignal,
): Promise<number> {
  let recognised = 0
  for await (const { handle, error } of welcome.delayMany(withGlitches(remembered(readCustomers(file), customers)))) {
    if (error !== undefined) throw error
    if (!watch.add(handle.id, handle.deduplicated !== true)) recognised++
    signal.throwIfAborted()
  }
  watch.complete()
  return recognised
}

/** For the checks at the end: who is to get a mail. */
async function* remembered(source: AsyncIterable<Customer>, customers: Map<string, Customer>) {
  for await (const customer of source) {
    customers.set(canonicalAddress(customer.to), customer)
    yield customer
  }
}

/** Enqueues each picture as soon as it is painted. */
export async function enqueuePictures(
  count: number,
  folders: { readonly pictures: string; readonly thumbnails: string },
  watch: Watch,
  signal: AbortSignal,
): Promise<void> {
  for await (const file of paintPictures(folders.pictures, count)) {
    const handle = await resize.delay({ file, folder: folders.thumbnails, widths: [...widths] })
    watch.add(handle.id, true)
    signal.throwIfAborted()
  }
  watch.complete()
}

export async function enqueueParcels(orders: readonly string[], watch: Watch, signal: AbortSignal): Promise<void> {
  const inputs = orders.map((order, index) => ({ order, grams: 250 + ((index * 37) % 9_000) }))
  for await (const { handle, error } of book.delayMany(inputs)) {
    if (error !== undefined) throw error
    watch.add(handle.id, true)
    signal.throwIfAborted()
  }
  watch.complete()
}
