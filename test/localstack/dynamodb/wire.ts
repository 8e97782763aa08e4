import { Agent, request } from 'node:http'

export interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
  readonly text: string
}

const agent = new Agent({ keepAlive: true })

/** One operation in the AWS JSON 1.0 protocol, without an SDK in between. */
export function call(endpoint: string, operation: string, input: unknown): Promise<Answer> {
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': `DynamoDB_20120810.${operation}`,
    authorization:
      'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=x',
    'x-amz-date': '20260101T000000Z',
  }
  return new Promise((resolve, reject) => {
    const sent = request(endpoint, { method: 'POST', headers, agent }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        resolve({ status: response.statusCode ?? 0, body: text === '' ? {} : JSON.parse(text), text })
      })
    })
    sent.on('error', reject)
    sent.end(typeof input === 'string' ? input : JSON.stringify(input))
  })
}
