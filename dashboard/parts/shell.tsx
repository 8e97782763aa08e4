import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { IconName } from '../icon-names.ts'
import type { Problem } from '../lib/api.ts'
import { facts } from '../lib/app-facts.ts'
import { count } from '../lib/format.ts'
import { useKeys } from '../lib/keys.ts'
import { links } from '../lib/links.ts'
import { isLive } from '../lib/live.ts'
import { query, type RangeName, rangeLabels, setQuery } from '../lib/range.ts'
import { nextTheme, theme } from '../lib/theme.ts'
import { ProblemBox } from './card.tsx'
import { Icon } from './icon.tsx'
import { KeySheet } from './key-sheet.tsx'
import { Logo } from './logo.tsx'

const pages: readonly {
  readonly key: string
  readonly name: string
  readonly href: string
  readonly icon: IconName
}[] = [
  { key: 'o', name: 'Overview', href: links.overview, icon: 'pulse' },
  { key: 'q', name: 'Queues', href: links.queues, icon: 'stack' },
  { key: 't', name: 'Tasks', href: links.tasks(), icon: 'tasklist' },
  { key: 'f', name: 'Failures', href: links.failures, icon: 'inbox' },
  { key: 'r', name: 'Running', href: links.running, icon: 'play' },
  { key: 'n', name: 'Names', href: links.names, icon: 'graph' },
]

interface ShellProps {
  readonly page: string
  readonly title: ComponentChildren
  readonly note?: string
  readonly ranges?: readonly RangeName[]
  readonly range?: RangeName
  readonly problem?: Problem | undefined
  readonly children: ComponentChildren
}

/** The frame of every page. */
export function Shell({ page, title, note, ranges, range, problem, children }: ShellProps) {
  const { route } = useLocation()
  const isHelpOpen = useSignal(false)
  useEffect(() => {
    document.title = `${page} · ${facts.value?.app ?? 'Celeriac'}`
  }, [page, facts.value?.app])
  const at = ranges?.indexOf(range as RangeName) ?? -1
  const shift = (by: number) => () => {
    const next = ranges?.[at + by]
    if (next !== undefined) setQuery({ t: next })
  }
  useKeys({
    ...Object.fromEntries(pages.map(({ key, href }) => [`g ${key}`, () => route(href)])),
    'g s': () => route(links.settings),
    '/': () => document.querySelector<HTMLInputElement>('#search')?.focus(),
    '?': () => (isHelpOpen.value = true),
    p: () => (isLive.value = !isLive.value),
    '[': shift(1),
    ']': shift(-1),
  })
  return (
    <div class="app">
      <Side page={page} />
      <div class="content">
        <header class="top">
          {title}
          {note !== undefined && <span class="muted wide-only">{note}</span>}
          <span class="grow" />
          <SearchBox />
          {ranges && (
            <fieldset class="seg" aria-label="Range">
              {ranges.map((name) => (
                <button type="button" key={name} aria-pressed={name === range} onClick={() => setQuery({ t: name })}>
                  {rangeLabels[name]}
                </button>
              ))}
            </fieldset>
          )}
          <button
            type="button"
            class="live btn plain"
            aria-pressed={isLive.value}
            onClick={() => (isLive.value = !isLive.value)}
            title="Load anew by itself (p)"
          >
            <span class={isLive.value ? 'lamp' : 'lamp off'} />
            {isLive.value ? 'Live' : 'Paused'}
          </button>
        </header>
        <main class="page">
          {problem && <ProblemBox problem={problem} />}
          {children}
        </main>
      </div>
      {isHelpOpen.value && <KeySheet onClose={() => (isHelpOpen.value = false)} />}
    </div>
  )
}

function Side({ page }: { readonly page: string }) {
  const app = facts.value
  const notes: Readonly<Record<string, number>> = {
    Queues: app?.queues.length ?? 0,
    Running: app?.counts.inFlight ?? 0,
    Failures: app?.counts.dead ?? 0,
  }
  return (
    <nav class="side" aria-label="Main">
      <div class="stick">
        <div class="brand">
          <Logo />
          <b>Celeriac</b>
        </div>
        <div class="env">
          <span class="lamp" />
          <span>
            <b>{app?.prefix ?? '…'}</b>
            <small>{app?.where ?? ''}</small>
          </span>
        </div>
        {pages.map(({ name, href, icon }) => (
          <a key={name} class="nav" href={href} aria-current={name === page ? 'page' : undefined}>
            <Icon name={icon} />
            {name}
            {(notes[name] ?? 0) > 0 && (
              <span class={name === 'Failures' ? 'n bad' : 'n'}>{count(notes[name] ?? 0)}</span>
            )}
          </a>
        ))}
        <hr />
        <a class="nav" href={links.settings} aria-current={page === 'Settings' ? 'page' : undefined}>
          <Icon name="gear" />
          Settings
        </a>
        <div class="foot">
          <button type="button" class="nav" onClick={nextTheme}>
            <Icon name={theme.value === 'light' ? 'sun' : 'moon'} />
            Theme
            <span class="n">{theme.value}</span>
          </button>
          <div class="who">
            <Icon name="person" />
            <span>
              <b>{app?.visitor.name}</b>
              {app?.visitor.role}
            </span>
          </div>
        </div>
      </div>
    </nav>
  )
}

/** One box for everything: words, an id, a text of an error. */
function SearchBox() {
  const { route } = useLocation()
  const typed = useSignal(query.value.get('q') ?? '')
  const submit = (event: Event): void => {
    event.preventDefault()
    const text = typed.value.trim()
    const isId = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$|^k_[\w-]{30}$/.test(text)
    route(isId ? links.task(text) : links.tasks(text))
    document.querySelector<HTMLInputElement>('#search')?.blur()
  }
  return (
    <search>
      <form class="search" onSubmit={submit}>
        <Icon name="search" />
        <input
          id="search"
          value={typed.value}
          placeholder="Task, id, error, state:failed…"
          aria-label="Search tasks"
          autocomplete="off"
          spellcheck={false}
          onInput={({ currentTarget }) => (typed.value = currentTarget.value)}
          onKeyDown={({ key, currentTarget }) => key === 'Escape' && currentTarget.blur()}
        />
        <kbd>/</kbd>
      </form>
    </search>
  )
}
