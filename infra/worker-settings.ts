import type { Duration } from 'aws-cdk-lib'
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2'
import type { Architecture, Code, ILayerVersion, Tracing } from 'aws-cdk-lib/aws-lambda'
import type { BundlingOptions } from 'aws-cdk-lib/aws-lambda-nodejs'
import type { RetentionDays } from 'aws-cdk-lib/aws-logs'

/** The worker's code: a file to be bundled, or a bundle. */
export interface WorkerCode {
  /**
   * The module that exports the handler (`export const handler = createWorker(app)`), TypeScript or JavaScript, relative to the folder that `cdk` is
   * called in. Bundled by Celeriac's own esbuild, whichever package manager installed it. One of `entry` and `code`.
   */
  readonly entry?: string
  /** A bundle made elsewhere, with `index.mjs` at its top. One of `entry` and `code`. */
  readonly code?: Code
  /** Name of the export. @default 'handler' */
  readonly handler?: string
  /**
   * On top of the defaults: see `workerBundling`. `nodeModules` are installed for Lambda's system. `forceDockerBundling`, `dockerImage` and
   * `preCompilation` let the CDK bundle.
   */
  readonly bundling?: BundlingOptions
  /** Relative paths among `bundling` begin here. @default the folder of the lock file, or the current one */
  readonly projectRoot?: string
  /** Decides who installs `bundling.nodeModules`, and in which versions. @default the first in the current folder or above */
  readonly depsLockFilePath?: string
  /** `false`: synth does not import the bundle to see whether it loads. @default true */
  readonly checkBundle?: boolean
}

/** Settings of a worker that the app object does not know. Its time-out, memory, batch size, window and concurrency are the queue's, in `createApp()`. */
export interface WorkerSettings {
  /**
   * Environments of the account that are kept for this function, and the most it gets. At least the queue's `concurrency`, or Lambda would
   * throttle what its own pollers fetched, and messages would go back unrun. @default none: the account's pool
   */
  readonly reservedConcurrency?: number
  /**
   * Pollers that are always there: three times faster scaling, up to 10,000. Each costs $0.00925 an hour, so the least (2) some $13.50 a month.
   * Instead of `concurrency`. @default none: Lambda's own, free pollers
   */
  readonly pollers?: { readonly min: number; readonly max: number }
  /** `false` stops polling; tasks wait in the queue. @default true */
  readonly enabled?: boolean
  /** Needed only to reach what is inside; costs NAT or endpoints for SQS, DynamoDB and Logs. @default no VPC */
  readonly vpc?: IVpc
  readonly vpcSubnets?: SubnetSelection
  readonly securityGroups?: readonly ISecurityGroup[]
  /** For the tasks' code. CELERIAC_* is added. */
  readonly environment?: Readonly<Record<string, string>>
  readonly layers?: readonly ILayerVersion[]
  /** @default arm64: a fifth cheaper. Native modules must be built for it */
  readonly architecture?: Architecture
  /** @default 2 weeks: as long as a dead letter is kept */
  readonly logRetention?: RetentionDays
  /** X-Ray costs $5 per million traces. @default pass-through: traces begun elsewhere go on */
  readonly tracing?: Tracing
  /** Temporary files, in MB: 512 to 10,240. @default 512, which is free */
  readonly temporaryStorage?: number
  /** Queues that tasks of this queue may enqueue to. @default all of the app: tasks call tasks */
  readonly enqueuesTo?: readonly string[]
}

/** When to alarm. */
export interface AlarmSettings {
  /** Age of the oldest message that has not been received three times. @default 15 minutes, or twice the visibility time if longer */
  readonly oldestAge?: Duration
  /** Dead letters that are tolerated. @default 0 */
  readonly deadLetters?: number
}
