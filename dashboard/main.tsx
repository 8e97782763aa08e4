import { render } from 'preact'
import { App } from './app.tsx'
import { takeKey } from './lib/api.ts'
import './styles/base.css'
import './styles/pages.css'
import './styles/narrow.css'

takeKey()
render(<App />, document.getElementById('app') as HTMLElement)
