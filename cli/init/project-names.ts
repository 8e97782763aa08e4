/** What a new project is called in each place. */
export interface ProjectNames {
  /** In createApp(): part of queue and table names. */
  readonly app: string
  /** Of the CloudFormation stack. */
  readonly stack: string
}

const longest = 30
const shortest = 3

/**
 * Names after the folder, as far as they are allowed at AWS.
 *
 * @example
 * namesOf('Web Shop') // { app: 'web-shop', stack: 'WebShop' }
 */
export function namesOf(folderName: string): ProjectNames {
  const words = folderName.match(/[a-z0-9]+/gi) ?? []
  const app = words.join('-').toLowerCase().slice(0, longest).replace(/-$/, '')
  if (app.length < shortest) return { app: 'my-app', stack: 'MyApp' }
  const stack = app
    .split('-')
    .map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .join('')
  return { app, stack: /^[0-9]/.test(stack) ? `App${stack}` : stack }
}
