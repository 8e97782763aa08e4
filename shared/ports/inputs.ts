import { port } from './port.ts'

/** The address of an input item. */
export interface InputRef {
  /** The task's id. */
  readonly id: string
  /** The record's `inputRef`. */
  readonly ref: string
}

/** An input item. Its name is made of its content, so writing it twice changes nothing. */
export interface InputItem extends InputRef {
  /** The encoded input (JSON text). */
  readonly body: string
  /** Epoch seconds. */
  readonly expiresAt: number
}

/**
 * Inputs too large for their records. `Records.insert` writes one together with its record. Batches of any size are accepted and split; one
 * input may stand in a call twice. Methods throw when the service does not answer: then any part of a write may have taken effect.
 */
export interface Inputs {
  /** The encoded inputs, `undefined` where there is none. An item that was written before is found, although most reads are not consistent. */
  read(refs: readonly InputRef[]): Promise<readonly (string | undefined)[]>
  /** Write or refresh input items (a later `expiresAt`). */
  write(items: readonly InputItem[]): Promise<void>
  /** Remove input items (forget). Removing an item that does not exist is no error. */
  remove(refs: readonly InputRef[]): Promise<void>
}

export const inputsPort = port<Inputs>()('inputs', { read: 'read', write: 'put', remove: 'put' })
