import { RejectError, type TaskContext } from 'celeriac'
import { readServices } from './services.ts'

/** A healthy carrier answers within a few milliseconds. */
const patienceMs = 400

/**
 * Asks the carrier for a parcel number. An answer that was lost may hide a booking, so every attempt carries the task's id: the carrier books
 * once per key.
 */
export default async function bookParcel(
  input: { readonly order: string; readonly grams: number },
  context: TaskContext,
): Promise<{ parcel: string }> {
  const { carrierUrl } = readServices(process.env)
  const response = await fetch(`${carrierUrl}/parcels`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': context.id },
    body: JSON.stringify(input),
    signal: AbortSignal.any([context.signal, AbortSignal.timeout(patienceMs)]),
  })
  if (response.status >= 400 && response.status < 500) throw new RejectError(`the carrier answered ${response.status}`)
  if (!response.ok) throw new Error(`the carrier answered ${response.status}`)
  return (await response.json()) as { parcel: string }
}
