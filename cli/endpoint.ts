import { InvalidArgumentError } from 'commander'

/** Where SQS and DynamoDB are. */
export type Endpoint = string | { readonly sqs: string; readonly dynamodb: string }

/** `URL` for both services, or `sqs=URL,dynamodb=URL`. */
export function parseEndpoint(value: string): Endpoint {
  if (!/^(sqs|dynamodb)=/.test(value)) return urlOf(value)
  const urls = Object.fromEntries(value.split(',').map((part) => part.split(/=(.*)/s).slice(0, 2))) as Record<
    string,
    string
  >
  const { sqs, dynamodb, ...others } = urls
  if (sqs === undefined || dynamodb === undefined || Object.keys(others).length > 0) {
    throw new InvalidArgumentError('Expected one URL, or sqs=URL,dynamodb=URL.')
  }
  return { sqs: urlOf(sqs), dynamodb: urlOf(dynamodb) }
}

export function urlOf(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new InvalidArgumentError(`Expected a URL such as http://127.0.0.1:4566, received '${value}'.`)
  }
  return value.replace(/\/+$/, '')
}

/** Emulators on this machine take any credentials and any region: they can be missing. */
export function isLocal(endpoint: Endpoint): boolean {
  const urls = typeof endpoint === 'string' ? [endpoint] : [endpoint.sqs, endpoint.dynamodb]
  return urls.every((url) => /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$|\.localhost$/.test(new URL(url).hostname))
}
