import type { SqsModel } from '../../localstack/sqs/model/index.ts'
import { type AppDefinition, timesOf } from '../core/app.ts'
import { deadQueueName, queueName } from '../core/names.ts'

/** One of an app's queues as SQS's CreateQueue takes it. */
export interface QueueSetup {
  /** The name at SQS. */
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
}

/** A route's two queues. The dead-letter queue must be there first: the other one names its ARN. */
export interface RouteSetup {
  readonly route: string
  readonly dead: QueueSetup
  /** @param deadArn the dead-letter queue's QueueArn */
  live(deadArn: string): QueueSetup
}

/** What to create for an app, with its visibility, retention and receive limits. */
export function routeSetups(app: AppDefinition, prefix: string = app.prefix): readonly RouteSetup[] {
  return Object.keys(app.queues).map((route) => {
    const times = timesOf(app, route)
    return {
      route,
      dead: {
        name: deadQueueName(prefix, route),
        attributes: { MessageRetentionPeriod: String(times.deadRetentionMs / 1_000) },
      },
      live: (deadArn) => ({
        name: queueName(prefix, route),
        attributes: {
          VisibilityTimeout: String(times.visibilityMs / 1_000),
          MessageRetentionPeriod: String(times.retentionMs / 1_000),
          RedrivePolicy: JSON.stringify({ deadLetterTargetArn: deadArn, maxReceiveCount: times.maxReceiveCount }),
        },
      }),
    }
  })
}

/** Creates an app's queues in a model. Creating them again changes nothing. */
export function createQueues(model: SqsModel, app: AppDefinition, prefix: string = app.prefix): void {
  for (const setup of routeSetups(app, prefix)) {
    const { QueueUrl } = model.createQueue({ QueueName: setup.dead.name, Attributes: { ...setup.dead.attributes } })
    const { Attributes } = model.getQueueAttributes({ QueueUrl, AttributeNames: ['QueueArn'] })
    const live = setup.live(Attributes?.QueueArn ?? '')
    model.createQueue({ QueueName: live.name, Attributes: { ...live.attributes } })
  }
}
