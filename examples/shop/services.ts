/** Where the services stand that the tasks use. Workers learn it from their environment, as on Lambda. */
export interface Services {
  readonly smtpPort: number
  /** `http://127.0.0.1:<port>` */
  readonly carrierUrl: string
}

/** @throws {Error} naming the missing variable */
export function readServices(variables: Readonly<Record<string, string | undefined>>): Services {
  const { SHOP_SMTP_PORT, SHOP_CARRIER_URL } = variables
  if (!SHOP_SMTP_PORT || !SHOP_CARRIER_URL) {
    throw new Error(
      `${SHOP_SMTP_PORT ? 'SHOP_CARRIER_URL' : 'SHOP_SMTP_PORT'} is not set. Start the example with 'npm start', which starts its mail server and its carrier, too.`,
    )
  }
  return { smtpPort: Number(SHOP_SMTP_PORT), carrierUrl: SHOP_CARRIER_URL }
}

export function writeServices({ smtpPort, carrierUrl }: Services): Record<string, string> {
  return { SHOP_SMTP_PORT: String(smtpPort), SHOP_CARRIER_URL: carrierUrl }
}
