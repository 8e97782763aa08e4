import { DefinitionError } from '../core/errors.ts'
import type { Services } from './services.ts'

/** @throws {DefinitionError} the app has no queue of this name */
export function checkQueue({ app }: Pick<Services, 'app'>, owner: string, queue: string): void {
  if (Object.hasOwn(app.queues, queue)) return
  const names = Object.keys(app.queues).map((name) => `'${name}'`)
  throw new DefinitionError(`${owner}: queue: expected one of ${names.join(', ')}, received '${queue}'.`)
}
