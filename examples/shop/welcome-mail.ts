export interface Customer {
  readonly number: number
  readonly name: string
  readonly to: string
  readonly city: string
}

/** The mail that greets a customer. Names are people's own: they are quoted and escaped, never trusted. */
export function welcomeMail({ number, name, to, city }: Customer) {
  const subject = `Welcome to the shop, ${name}`
  return {
    from: { name: 'The Shop', address: 'hello@shop.example' },
    to: { name, address: to },
    subject,
    text: [
      `Dear ${name},`,
      `your customer number is ${number}. We deliver to ${city} within two days.`,
      'If you did not sign up, ignore this mail.',
      'The Shop',
    ].join('\n\n'),
    html: html`<h1>${subject}</h1>
      <p>Your customer number is <b>${number}</b>. We deliver to ${city} within two days.</p>
      <p>If you did not sign up, ignore this mail.</p>`,
  }
}

/** A template whose values are text, whatever they hold. */
function html(parts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return String.raw({ raw: parts }, ...values.map(escaped))
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escaped(value: string | number): string {
  return String(value).replace(/[&<>"]/g, (character) => entities[character] ?? character)
}
