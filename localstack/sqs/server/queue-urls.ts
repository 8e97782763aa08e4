/** A host and port as they stand in the header of a request, and nothing else that could become part of a URL. */
const hostPattern = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/

/**
 * An answer whose queue URLs have the host by which the client found this server: a mapped port, the name of a container, `localhost`. What the server
 * listens at may be an address that only it can use.
 *
 * @param host the request's Host header
 */
export function withHost(answer: unknown, host: string | undefined): unknown {
  if (typeof answer !== 'object' || answer === null || host === undefined || !hostPattern.test(host)) return answer
  const { QueueUrl: url, QueueUrls: urls, queueUrls: sources } = answer as Partial<Record<string, unknown>>
  if (url === undefined && urls === undefined && sources === undefined) return answer
  return {
    ...answer,
    ...(url !== undefined && { QueueUrl: at(host, url) }),
    ...(urls !== undefined && { QueueUrls: (urls as readonly unknown[]).map((each) => at(host, each)) }),
    ...(sources !== undefined && { queueUrls: (sources as readonly unknown[]).map((each) => at(host, each)) }),
  }
}

function at(host: string, url: unknown): string {
  return String(url).replace(/^http:\/\/[^/]+/, `http://${host}`)
}
