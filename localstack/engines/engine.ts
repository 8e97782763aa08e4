/** The engines that Celeriac's stack is deployed to without an AWS account. */
export const engineNames = ['ministack', 'localstack'] as const
export type EngineName = (typeof engineNames)[number]

/** An implementation of the AWS API on one port of this machine. */
export interface Engine {
  readonly name: EngineName
  /** One line for people: what it is and in which version. */
  readonly summary: string
  /**
   * Puts the engine into the engines folder, or returns at once when it is there already.
   *
   * @throws {MissingRequirementError} when this machine lacks something that no package manager of ours can bring
   */
  install(report?: Report): Promise<void>
  /** Starts an installed engine on 127.0.0.1 and resolves when it answers real calls. */
  start(options?: StartOptions): Promise<RunningEngine>
}

export interface StartOptions {
  /** @default a free port */
  readonly port?: number
  /**
   * `parent`: the engine ends with this process, even when this process is killed.
   * `stopped`: it runs until someone ends the process `pid`.
   * @default 'parent'
   */
  readonly until?: 'parent' | 'stopped'
  /** The Node binary that runs Lambda functions. @default `CELERIAC_LAMBDA_NODE`, else `node` on PATH */
  readonly lambdaNode?: string
}

export interface RunningEngine {
  readonly name: EngineName
  /** For `AWS_ENDPOINT_URL`, e.g. `http://127.0.0.1:41723`. */
  readonly endpoint: string
  /** The supervisor: SIGTERM to it ends everything and removes the engine's files. */
  readonly pid: number
  /** The engine's own output while it runs. */
  readonly logFile: string
  /** Resolves when no process and no file of the engine's run is left. Safe to repeat. */
  stop(): Promise<void>
}

/** Progress for people; one line each. */
export type Report = (line: string) => void

/** This machine lacks something. The message is one paragraph that says what, why, and the ways out. */
export class MissingRequirementError extends Error {
  readonly engine: EngineName

  constructor(engine: EngineName, lacking: string) {
    super(
      `${engine} cannot be installed here: ${lacking} To go without it, name it: --skip ${engine}, or ` +
        `CELERIAC_SKIP_ENGINES=${engine}.`,
    )
    this.name = 'MissingRequirementError'
    this.engine = engine
  }
}
