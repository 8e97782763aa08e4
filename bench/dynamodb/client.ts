import { Agent, request } from 'node:http'

const agent = new Agent({ keepAlive: true, maxSockets: 8 })

/** One request by plain HTTP, without an SDK. @throws Error for any answer but 200 */
export function call(endpoint: string, operation: string, input: object): Promise<string> {
  const headers = {
    'x-amz-date': '20260101T000000Z',
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': `DynamoDB_20120810.${operation}`,
    authorization:
      'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=x',
  }
  return new Promise((resolve, reject) => {
    const sent = request(endpoint, { method: 'POST', headers, agent }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        if (response.statusCode === 200) resolve(text)
        else reject(new Error(`${operation}: ${response.statusCode} ${text.slice(0, 500)}`))
      })
    })
    sent.on('error', reject)
    sent.end(JSON.stringify(input))
  })
}

/** Does work 0, 1, … count - 1 in a few lanes at once. */
export async function inLanes(count: number, work: (n: number) => Promise<unknown>, lanes = 4): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}
