import { useEffect } from 'preact/hooks'

type Keys = Readonly<Record<string, () => void>>

const stack: Keys[] = []
let prefix = ''
let prefixTimer: ReturnType<typeof setTimeout> | undefined

/** Single keys, unless one types or a dialog is open. `g o`: two keys one after the other. */
addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return
  const target = event.target as HTMLElement
  if (target.closest('input, textarea, select, dialog')) return
  const pressed = prefix === '' ? event.key : `${prefix} ${event.key}`
  prefix = ''
  clearTimeout(prefixTimer)
  const keys = stack.findLast((each) => Object.hasOwn(each, pressed))
  if (keys !== undefined) {
    event.preventDefault()
    keys[pressed]?.()
  } else if (stack.some((each) => Object.keys(each).some((key) => key.startsWith(`${pressed} `)))) {
    prefix = pressed
    prefixTimer = setTimeout(() => (prefix = ''), 1_000)
  }
})

/** Keys that work while the component is there. The last one mounted wins. */
export function useKeys(keys: Keys): void {
  useEffect(() => {
    stack.push(keys)
    return () => void stack.splice(stack.indexOf(keys), 1)
  })
}
