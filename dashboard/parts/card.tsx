import type { ComponentChildren } from 'preact'
import type { Looked } from '../../shared/ports/insight.ts'
import type { Problem } from '../lib/api.ts'
import { count, time } from '../lib/format.ts'
import { Icon } from './icon.tsx'

interface CardProps {
  readonly title: string
  readonly note?: ComponentChildren
  readonly actions?: ComponentChildren
  readonly children: ComponentChildren
}

export function Card({ title, note, actions, children }: CardProps) {
  return (
    <section class="card">
      <header>
        <h2>{title}</h2>
        {note !== undefined && <span class="muted">{note}</span>}
        <span class="grow" />
        {actions}
      </header>
      {children}
    </section>
  )
}

/** What was asked, what came, what to do. */
export function ProblemBox({ problem }: { readonly problem: Problem }) {
  return (
    <div class="say bad" role="alert">
      <Icon name="alert" />
      <span>
        <b>{problem.detail}</b> {problem.remedy}
        {problem.issues?.map(({ path, message }) => (
          <span class="issue" key={path + message}>
            {path === '' ? 'input' : path}: {message}
          </span>
        ))}
      </span>
    </div>
  )
}

export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="empty">
      <b>{title}</b>
      {children !== undefined && <p>{children}</p>}
    </div>
  )
}

/** In the place of what comes. It appears only when that takes a while. */
export function Skeleton({ rows = 4 }: { readonly rows?: number }) {
  return (
    <div class="skeleton" aria-hidden="true">
      {Array.from({ length: rows }, (_, row) => (
        <i key={row} />
      ))}
    </div>
  )
}

/** Says so when figures leave something out. */
export function HowFar({ looked, what = 'Figures' }: { readonly looked: Looked | undefined; readonly what?: string }) {
  if (looked === undefined || looked.complete) return null
  return (
    <p class="howfar">
      {what} of the newest {count(looked.tasks)} tasks, back to {time(looked.until)}. A shorter range shows all of it.
    </p>
  )
}
