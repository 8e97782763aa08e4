export interface Customer {
  readonly number: number
  readonly name: string
  readonly to: string
  readonly city: string
}

/** The mail that greets a customer. Names are people's own: the library quotes them, they are never trusted. */
export function welcomeMail({ number, name, to, city }: Customer) {
  return {
    from: { name: 'The Shop', address: 'hello@shop.example' },
    to: { name, address: to },
    subject: `Welcome to the shop, ${name}`,
    text: [
      `Dear ${name},`,
      `your customer number is ${number}. We deliver to ${city} within two days.`,
      'If you did not sign up, ignore this mail.',
      'The Shop',
    ].join('\n\n'),
  }
}
