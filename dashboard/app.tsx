import { useEffect } from 'preact/hooks'
import { LocationProvider, Route, Router, useLocation } from 'preact-iso'
import { base, isSignedOut } from './lib/api.ts'
import { type AppFacts, facts } from './lib/app-facts.ts'
import { query } from './lib/range.ts'
import { useResource } from './lib/resource.ts'
import { FailuresPage } from './pages/failures.tsx'
import { NamesPage } from './pages/names.tsx'
import { OverviewPage } from './pages/overview.tsx'
import { QueuePage } from './pages/queue.tsx'
import { QueuesPage } from './pages/queues.tsx'
import { RunningPage } from './pages/running.tsx'
import { SettingsPage } from './pages/settings.tsx'
import { NotFoundPage, SignedOutPage } from './pages/special.tsx'
import { TaskPage } from './pages/task.tsx'
import { TasksPage } from './pages/tasks.tsx'

export function App() {
  return (
    <LocationProvider>
      <Pages />
    </LocationProvider>
  )
}

function Pages() {
  const { url } = useLocation()
  const { value } = useResource<AppFacts>('/app')
  useEffect(() => {
    query.value = new URLSearchParams(location.search)
  }, [url])
  useEffect(() => {
    facts.value = value
  }, [value])
  if (isSignedOut.value) return <SignedOutPage />
  return (
    <Router>
      <Route path={base} component={OverviewPage} />
      <Route path={`${base}queues`} component={QueuesPage} />
      <Route path={`${base}queues/:queue`} component={QueuePage} />
      <Route path={`${base}tasks`} component={TasksPage} />
      <Route path={`${base}tasks/:id`} component={TaskPage} />
      <Route path={`${base}failures`} component={FailuresPage} />
      <Route path={`${base}failures/:fingerprint`} component={FailuresPage} />
      <Route path={`${base}running`} component={RunningPage} />
      <Route path={`${base}names`} component={NamesPage} />
      <Route path={`${base}settings`} component={SettingsPage} />
      <Route default component={NotFoundPage} />
    </Router>
  )
}
