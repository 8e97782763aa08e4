import type { ComponentChildren } from 'preact'
import type { TaskDetail } from '../../shared/ports/insight.ts'
import { ago, duration, exactTime, time, visible } from '../lib/format.ts'
import { links } from '../lib/links.ts'
import { now } from '../lib/live.ts'
import { Card } from './card.tsx'
import { State } from './state.tsx'

export function TaskFacts({ task }: { readonly task: TaskDetail }) {
  const at = (name: string, instant: number | undefined) =>
    instant !== undefined && (
      <Fact name={name}>
        <span title={exactTime(instant)}>{time(instant)}</span> <span class="muted">{ago(instant, now.value)}</span>
      </Fact>
    )
  return (
    <Card title="Facts">
      <dl class="facts body">
        {at('Enqueued', task.enqueuedAt)}
        {at('Due', task.availableAt)}
        {at('Started', task.startedAt)}
        {at('Finished', task.finishedAt)}
        {at('Expires', task.expires)}
        {at('Lease until', task.leaseUntil)}
        {task.reason !== undefined && (
          <Fact name="Reason">
            <span class="mono">{task.reason}</span>
          </Fact>
        )}
        <Fact name="Attempts">
          {task.attempt}
          {task.maxAttempts !== undefined && <span class="muted"> of {task.maxAttempts}</span>}
        </Fact>
        {task.timeLimitMs !== undefined && <Fact name="Time limit">{duration(task.timeLimitMs)}</Fact>}
        {task.generation > 0 && (
          <Fact name="Opened">{task.generation > 1 ? `anew, generation ${task.generation}` : 'anew, once'}</Fact>
        )}
        {at('Key held', task.keyUntil)}
        {at('Kept until', task.resultUntil)}
        {Object.entries(task.headers).map(([name, value]) => (
          <Fact key={name} name={visible(name)}>
            {visible(value)}
          </Fact>
        ))}
      </dl>
    </Card>
  )
}

export function Family({ task }: { readonly task: TaskDetail }) {
  const isAlone = task.family.length === 0
  return (
    <Card
      title="Family"
      actions={
        <a class="link" href={links.tasks(`root:${task.root} OR id:${task.root}`)}>
          All of its tree
        </a>
      }
    >
      {isAlone ? (
        <p class="body muted">It was called from outside of tasks.</p>
      ) : (
        <ul class="tree body">
          {task.family.map((each) => (
            <li key={each.id}>
              <State state={each.state} />{' '}
              <a class="link" href={links.task(each.id)}>
                {visible(each.task)}
              </a>{' '}
              <span class="muted">{each.id === task.root ? 'root' : 'parent'}</span>
            </li>
          ))}
          <li class="here">
            <State state={task.state} /> <b>{visible(task.task)}</b> <span class="muted">this one</span>
          </li>
        </ul>
      )}
    </Card>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
