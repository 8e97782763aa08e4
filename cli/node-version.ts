const least = [20, 19] as const

/** The message if Node is too old. Only this file must run on such a Node. */
export function nodeProblem(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > least[0] || (major === least[0] && minor >= least[1])) return undefined
  return `Celeriac needs Node ${least.join('.')} or newer, and this is Node ${version}. Install a newer one from https://nodejs.org, or with your version manager: nvm install 24.`
}
