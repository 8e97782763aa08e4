/** A valid host and port of a request header. Excludes anything else that could become part of a URL. */
const hostPattern = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/

/**
 * Replaces the host of queue URLs in an answer by the host that the client used: a mapped port, a container's name,
 * `localhost`. The client may not be able to reach the server's own listen address.
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
