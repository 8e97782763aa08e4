/** The account of all local services: twelve zeros, as emulators use, and keys that are not checked. */
export const localAccount = '000000000000'
export const localKeys = { accessKeyId: 'local', secretAccessKey: 'local' } as const
export const localRegion = 'us-east-1'

export function queueArn(region: string, name: string): string {
  return `arn:aws:sqs:${region}:${localAccount}:${name}`
}

export function functionArn(region: string, name: string): string {
  return `arn:aws:lambda:${region}:${localAccount}:function:${name}`
}
