import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vite'
import { iconNames } from './icon-names.ts'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Octicons as path texts: nothing has to parse markup in the browser, which Trusted Types forbids. */
function icons(): Plugin {
  const id = 'virtual:icons'
  return {
    name: 'icons',
    resolveId: (source) => (source === id ? `\0${id}` : undefined),
    load(source) {
      if (source !== `\0${id}`) return undefined
      const paths = Object.fromEntries(
        iconNames.map((name) => {
          const svg = readFileSync(at(`../node_modules/@primer/octicons/build/svg/${name}-16.svg`), 'utf8')
          return [name, [...svg.matchAll(/ d="([^"]+)"/g)].map(([, path]) => path).join('')]
        }),
      )
      return `export default ${JSON.stringify(paths)}`
    },
  }
}

export default defineConfig({
  root: at('.'),
  // Where it is mounted is known when it is served.
  base: './',
  plugins: [icons()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: at('../dist/dashboard/public'),
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:4180' } },
})
