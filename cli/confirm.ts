import { createInterface } from 'node:readline/promises'
import { CliError, UsageError } from './failure.ts'

/**
 * Asks on the terminal for a word that is hard to type by accident.
 *
 * @throws {UsageError} there is no terminal to ask on
 * @throws {CliError} the user typed another word
 */
export async function confirm(question: string, word: string): Promise<void> {
  checkTerminal()
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  // Ctrl-C and Ctrl-D count as no.
  const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('')))
  try {
    const answer = await Promise.race([terminal.question(`${question}\nType ${word} to go on: `), closed])
    if (answer.trim() !== word) throw new CliError('Nothing was done.')
  } finally {
    terminal.close()
  }
}

/** @throws {UsageError} there is no terminal to ask on */
export function checkTerminal(): void {
  if (process.stdin.isTTY && process.stderr.isTTY) return
  throw new UsageError('This cannot be undone, and there is no terminal to confirm it on: add --yes.')
}
