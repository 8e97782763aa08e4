import type { EngineName } from '../../localstack/engines/engine.ts'

/** Something that an engine does otherwise than AWS, and what that means for Celeriac and its tests. */
export interface Gap {
  readonly engines: readonly EngineName[]
  /** A probe's id; or, for what no probe can show quickly, what AWS does and where it says so. */
  readonly about: string | { readonly aws: string; readonly source: string }
  /** What the engine does; for a probe, word for word what it reports. */
  readonly seen: string
  /** What follows for Celeriac, and how the tests go around it. */
  readonly around: string
  /** The test of the ports' contracts that cannot pass on such an engine. */
  readonly contract?: string
}

export const gaps: readonly Gap[] = [
  {
    engines: ['ministack', 'localstack'],
    about: 'sqs-batch-delay',
    seen: 'good, bad sent, - failed',
    around: 'Celeriac never sends a delay above 900 s. Failed entries are tested on the SQS model in memory.',
  },
  {
    engines: ['ministack', 'localstack'],
    about: 'sqs-eleven-attributes',
    seen: 'accepted',
    around: 'Celeriac sends fewer.',
  },
  {
    engines: ['ministack', 'localstack'],
    about: 'sqs-aborted-poll',
    seen: 'the message is hidden for its visibility timeout',
    around:
      'Dead-letter queues are read with short polls only. Nothing else polls: functions are fed by the engine. The queues contract goes without its test of aborted waits.',
    contract: 'gives nothing when a wait is aborted, and loses no message',
  },
  {
    engines: ['localstack'],
    about: 'sqs-batch-characters',
    seen: 'bad InvalidMessageContents SenderFault false',
    around:
      'Celeriac takes it for SQS’s own fault, tries again, and reports that the message may have been sent. The queues contract goes without its test of refused messages.',
    contract: 'refuses one message for certain and sends its neighbours',
  },
  {
    engines: ['ministack'],
    about: 'sqs-delete-twice',
    seen: 'ReceiptHandleIsInvalid',
    around: 'The engine deletes what a function acknowledged, once. Celeriac deletes only in containers.',
  },
  {
    engines: ['ministack'],
    about: 'sqs-dead-letter-sources',
    seen: 'InvalidAction',
    around: 'Celeriac knows its queues by name and does not ask.',
  },
  {
    engines: ['ministack'],
    about: 'sqs-move-task',
    seen: 'InvalidAction',
    around:
      'Redrive as the AWS console does it is checked on LocalStack alone; on both, dead letters are sent back by hand.',
  },
  {
    engines: ['localstack'],
    about: 'sqs-redrive-to-missing',
    seen: 'accepted',
    around: 'CloudFormation makes the dead-letter queue first.',
  },
  {
    engines: ['ministack'],
    about: 'dynamodb-batch-one-key-twice',
    seen: 'accepted',
    around: 'Celeriac never does it; that it does not is tested on LocalStack, whose DynamoDB is AWS’s own engine.',
  },
  {
    engines: ['ministack'],
    about: 'dynamodb-batch-reads-and-writes',
    seen: 'accepted',
    around: 'Celeriac never does it; that it does not is tested on LocalStack.',
  },
  {
    engines: ['localstack'],
    about: {
      aws: 'Up to MaximumConcurrency invocations of one event source mapping run at a time.',
      source: 'https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html',
    },
    seen: 'One at a time: the mapping receives, invokes and waits.',
    around: 'The test gives slow and crashing tasks queues of their own, so that they hold up nothing else.',
  },
]

/** What the engine is known to report for a probe; `undefined` where it does what AWS does. */
export function knownGap(engine: EngineName, probe: string): string | undefined {
  return gaps.find(({ engines, about }) => about === probe && engines.includes(engine))?.seen
}

/** For vitest: a pattern of the names of all tests but those that the engine's gaps rule out. */
export function contractPattern(engine: EngineName | undefined): string {
  const ruledOut = gaps.flatMap(({ engines, contract }) =>
    contract !== undefined && engine !== undefined && engines.includes(engine) ? [contract] : [],
  )
  return ruledOut.length === 0 ? '' : `^(?!.*(${ruledOut.join('|')})).*$`
}
