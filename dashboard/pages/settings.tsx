import { facts } from '../lib/app-facts.ts'
import { links } from '../lib/links.ts'
import { nextTheme, theme } from '../lib/theme.ts'
import { Card } from '../parts/card.tsx'
import { Shell } from '../parts/shell.tsx'

export function SettingsPage() {
  const app = facts.value
  return (
    <Shell page="Settings" title={<h1>Settings</h1>}>
      <div class="two">
        <Card title="Connected to">
          <dl class="facts body">
            <Fact name="App">{app?.app}</Fact>
            <Fact name="Prefix">{app?.prefix}</Fact>
            <Fact name="Where">{app?.where}</Fact>
            <Fact name="You">
              {app?.visitor.name}, {app?.visitor.role}
            </Fact>
            <Fact name="Version">{app?.version}</Fact>
          </dl>
        </Card>
        <Card title="This browser">
          <dl class="facts body">
            <Fact name="Theme">
              <button type="button" class="btn small" onClick={nextTheme}>
                {theme.value}
              </button>
            </Fact>
            <Fact name="Keys">press ? for the list</Fact>
          </dl>
        </Card>
      </div>
      <Card title="Tasks of the app" note={`${app?.tasks.length ?? 0}`}>
        <div class="scroll">
          <table class="tbl dense">
            <thead>
              <tr>
                <th>Task</th>
                <th>Queue</th>
                <th>Blanked fields</th>
              </tr>
            </thead>
            <tbody>
              {app?.tasks.map((task) => (
                <tr key={task.name}>
                  <td>
                    <a class="name" href={links.tasks(`task:${task.name}`)}>
                      {task.name}
                    </a>
                  </td>
                  <td>
                    <a href={links.queue(task.queue)}>{task.queue}</a>
                  </td>
                  <td class="muted">{task.sensitive.join(', ') || '–'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Card>
    </Shell>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
