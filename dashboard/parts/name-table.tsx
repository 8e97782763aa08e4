import type { NameRow } from '../../shared/ports/insight.ts'
import { count, duration, percent, visible } from '../lib/format.ts'
import { links } from '../lib/links.ts'
import { Spark } from './spark.tsx'

export function NameTable({
  names,
  withQueue = false,
}: {
  readonly names: readonly NameRow[]
  readonly withQueue?: boolean
}) {
  return (
    <div class="scroll">
      <table class="tbl">
        <thead>
          <tr>
            <th>Task</th>
            {withQueue && <th class="p3">Queue</th>}
            <th class="num p2">Finished a minute</th>
            <th class="num p3">Open</th>
            <th class="num">Succeeded</th>
            <th class="num p3">Retried</th>
            <th class="num">Failed</th>
            <th class="num p4">Run p50</th>
            <th class="num">p95</th>
            <th class="num p4">p99</th>
          </tr>
        </thead>
        <tbody>
          {names.map((name) => (
            <tr key={`${name.queue} ${name.task}`}>
              <td>
                <a class="name" href={links.tasks(`task:${name.task}`)}>
                  {visible(name.task)}
                </a>
                {!name.known && <span class="tag gap">not in this app</span>}
              </td>
              {withQueue && (
                <td class="p3">
                  <a href={links.queue(name.queue)}>{name.queue}</a>
                </td>
              )}
              <td class="num p2">
                <span class="rate">
                  <Spark values={name.spark} kind="run" />
                  <span class="rate-n">{count(name.finishedPerMinute)}</span>
                </span>
              </td>
              <td class="num muted p3">{count(name.open)}</td>
              <td class="num">{count(name.succeeded)}</td>
              <td class="num muted p3">{count(name.retried)}</td>
              <td
                class={(name.failedShare ?? 0) >= 0.05 ? 'num name t bad' : 'num muted'}
                title={`${count(name.failed)} failed`}
              >
                {percent(name.failedShare)}
              </td>
              <td class="num muted p4">{duration(name.runP50Ms)}</td>
              <td class="num">{duration(name.runP95Ms)}</td>
              <td class="num muted p4">{duration(name.runP99Ms)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
