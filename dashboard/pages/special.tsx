import { Empty } from '../parts/card.tsx'
import { Logo } from '../parts/logo.tsx'
import { Shell } from '../parts/shell.tsx'

export function SignedOutPage() {
  return (
    <main class="page lonely">
      <section class="card">
        <div class="body">
          <Logo />
          <h1>This page needs its key</h1>
          <p>
            Open the address that <code>celeriac dashboard</code> printed: it ends in <code>#k=…</code>. A key is good
            for one start of the command.
          </p>
        </div>
      </section>
    </main>
  )
}

export function NotFoundPage() {
  return (
    <Shell page="Not found" title={<h1>Not found</h1>}>
      <section class="card">
        <Empty title="There is no such page">The menu shows all there are.</Empty>
      </section>
    </Shell>
  )
}
