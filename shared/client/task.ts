import type { AppBuilder } from '../core/app.ts'
import { DefinitionError } from '../core/errors.ts'
import { checkKeys } from '../core/options.ts'
import type { TaskDefinition } from '../core/task.ts'
import { type CallOptions, callOptions } from '../enqueue/call-options.ts'
import { enqueueCalls, enqueueMany, enqueueOne } from './enqueue-calls.ts'
import { applyLocally, callDirectly, type LocalCall } from './local-run.ts'
import type { Services } from './services.ts'
import { signatureMaker } from './signature.ts'
import { splitCall } from './split-call.ts'
import type { Contract, Task, TaskCalls } from './task-types.ts'

interface ApplyOptions {
  readonly headers?: Readonly<Record<string, string>>
}

const applyOptions = ['headers'] as const

function callsOf<Input, Output>(services: Services, app: AppBuilder, name: string): TaskCalls<Input, Output> {
  const definition = (): TaskDefinition => {
    const found = app.tasks.get(name)
    if (found === undefined) throw new DefinitionError(`task '${name}' is not defined.`)
    return found
  }
  return {
    // Read anew each time: a contract's changes when it is implemented.
    get definition() {
      return definition()
    },
    delay: (input?: Input) => enqueueOne<Output>(services, definition(), input, {}),
    applyAsync: async (...given: readonly unknown[]) => {
      const { input, options } = splitCall<CallOptions>(definition(), given, 'applyAsync', callOptions)
      return enqueueOne<Output>(services, definition(), input, options)
    },
    delayMany: (inputs, options = {}) => enqueueMany<Input, Output>(services, definition(), inputs, options),
    applyMany: (calls, options = {}) => enqueueCalls<Input, Output>(services, definition(), calls, options),
    ...signatureMaker<Input, Output>(name, definition, (task, input, options) =>
      enqueueOne(services, task, input, options),
    ),
  }
}

/** The callable object of a task that app.task() gives. */
export function makeTask<Input, Output>(services: Services, app: AppBuilder, name: string): Task<Input, Output> {
  const calls = callsOf<Input, Output>(services, app, name)
  const callOf = (input: unknown, headers?: Readonly<Record<string, string>>): LocalCall => {
    const { definition } = calls
    return { definition, around: app, ports: services.ports, input, ...(headers && { headers }) }
  }
  const call = (input?: Input) => callDirectly(callOf(input)) as Promise<Output>
  Object.defineProperties(call, Object.getOwnPropertyDescriptors(calls))
  return Object.defineProperties(call, {
    name: { value: name },
    apply: {
      value: async (...given: readonly unknown[]) => {
        const { input, options } = splitCall<ApplyOptions>(calls.definition, given, 'apply', applyOptions)
        checkKeys(`task '${name}': apply`, options, applyOptions)
        return applyLocally<Output>(callOf(input, options.headers))
      },
    },
  }) as unknown as Task<Input, Output>
}

/** A task without its function, until it is implemented. */
export function makeContract<Input, Parsed, Output>(
  services: Services,
  app: AppBuilder,
  name: string,
): Contract<Input, Parsed, Output> {
  const contract = {
    name,
    implement(run: NonNullable<TaskDefinition['run']>) {
      app.implement(name, run)
      return makeTask<Input, Output>(services, app, name)
    },
  }
  const calls = callsOf<Input, Output>(services, app, name)
  Object.defineProperties(contract, Object.getOwnPropertyDescriptors(calls))
  return contract as unknown as Contract<Input, Parsed, Output>
}
