/**
 * Parts of the SDK's search for credentials that never run on Lambda, whose credentials are in the environment, where the search begins. Left
 * out of the bundle they save a fifth of it. Only for workers whose tasks do not import `@aws-sdk/credential-providers` (to assume a role in
 * another account, say), which would then fail when the function starts.
 *
 * @example
 * new TaskQueues(this, 'Tasks', { app, entry, bundling: { externalModules: [...credentialsUnusedOnLambda] } })
 */
export const credentialsUnusedOnLambda: readonly string[] = [
  '@aws-sdk/credential-provider-sso',
  '@aws-sdk/credential-provider-ini',
  '@aws-sdk/credential-provider-process',
  '@aws-sdk/credential-provider-web-identity',
  '@aws-sdk/credential-provider-login',
]
