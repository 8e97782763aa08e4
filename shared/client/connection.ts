import { type Environment, readEnvironment } from '../core/environment.ts'
import { checkKeys } from '../core/options.ts'
import {
  type Clock,
  forwarding,
  type LocalPorts,
  localPorts,
  type Ports,
  type PortTable,
  type Random,
  type ServicePorts,
  servicePorts,
} from '../ports/index.ts'

/** Credentials as the AWS SDK takes them: keys, or a function that gives them. */
export interface AwsKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** Where AWS is. Everything left out is taken from the environment: AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL_SQS, CELERIAC_PREFIX, … */
export interface AwsTarget {
  /** Of an emulator: `http://127.0.0.1:4566`, or one for each service. */
  readonly endpoint?: string | { readonly sqs?: string; readonly dynamodb?: string }
  readonly region?: string
  readonly credentials?: AwsKeys | (() => Promise<AwsKeys>)
  readonly environment?: Partial<Environment>
}

/** Table and queues on AWS. */
export interface AwsConnection extends ServicePorts {
  close(): void
}

/** Where AWS is, and what its ports need of the machine. */
export interface ConnectedTarget extends Omit<AwsTarget, 'environment'> {
  readonly environment: Environment
  readonly clock: Clock
  readonly random: Random
}

/** What a process has at hand, and how it gets at AWS: wired together in the door files. */
export interface ConnectionDeps extends LocalPorts {
  /** `process.env` */
  readonly variables: Readonly<Record<string, string | undefined>>
  /** Loads the AWS SDK: called at the first use, not before. */
  connectAws(target: ConnectedTarget): Promise<AwsConnection>
}

/**
 * The ports of one app in this process. They can be handed out before anything is connected: AWS is loaded at the first call of one, and every
 * call goes to what is connected then.
 */
export class Connection {
  readonly ports: Ports
  readonly #world: ConnectionDeps
  readonly #prefix: string
  #given: Partial<Ports> = {}
  #target: AwsTarget = {}
  #aws: Promise<AwsConnection> | undefined

  /** @param prefix of the app, where the environment says no other */
  constructor(world: ConnectionDeps, prefix: string) {
    this.#world = world
    this.#prefix = prefix
    const service = <Name extends keyof ServicePorts>(table: PortTable<ServicePorts[Name], Name>) =>
      forwarding(table, async () => this.#given[table.name] ?? (await this.#connected())[table.name])
    const local = <Name extends keyof LocalPorts>(table: PortTable<LocalPorts[Name], Name>) =>
      forwarding(table, () => this.#given[table.name] ?? world[table.name])
    this.ports = {
      records: service(servicePorts.records),
      inputs: service(servicePorts.inputs),
      statistics: service(servicePorts.statistics),
      controls: service(servicePorts.controls),
      queues: service(servicePorts.queues),
      due: service(servicePorts.due),
      schedules: service(servicePorts.schedules),
      ticks: service(servicePorts.ticks),
      clock: local(localPorts.clock),
      random: local(localPorts.random),
      telemetry: local(localPorts.telemetry),
    }
  }

  /** Names as they are where this process runs. */
  get environment(): Environment {
    return { ...readEnvironment(this.#prefix, this.#world.variables), ...this.#target.environment }
  }

  /** Ports to use instead of the machine's and AWS's, or where AWS is. */
  connect(to: Partial<Ports> | AwsTarget): void {
    if (isPorts(to)) {
      checkKeys('connect', to, portNames)
      this.#given = { ...this.#given, ...to }
      return
    }
    checkKeys('connect', to, ['endpoint', 'region', 'credentials', 'environment'])
    const { clock, random, telemetry } = this.#given
    this.#given = { ...(clock && { clock }), ...(random && { random }), ...(telemetry && { telemetry }) }
    this.#target = to
    this.close()
  }

  /** Closes the sockets of what was connected by itself. The next call connects again. */
  close(): void {
    const aws = this.#aws
    this.#aws = undefined
    aws?.then(
      (connection) => connection.close(),
      () => {},
    )
  }

  #connected(): Promise<AwsConnection> {
    if (this.#aws === undefined) {
      const { environment: _environment, ...target } = this.#target
      const { clock, random } = this.ports
      const connecting = this.#world.connectAws({ ...target, environment: this.environment, clock, random })
      // A connection that could not be made is not kept.
      connecting.catch(() => {
        if (this.#aws === connecting) this.#aws = undefined
      })
      this.#aws = connecting
    }
    return this.#aws
  }
}

const portNames = [...Object.keys(servicePorts), ...Object.keys(localPorts)]

function isPorts(to: Partial<Ports> | AwsTarget): to is Partial<Ports> {
  return portNames.some((name) => name in to)
}
