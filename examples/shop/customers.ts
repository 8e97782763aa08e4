import { createReadStream, createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { base, cs_CZ, de, en, es, Faker, fr, ja, pl, pt_BR, sv, tr, vi } from '@faker-js/faker'
import { parse } from 'csv-parse'
import { stringify } from 'csv-stringify'
import type { Customer } from './welcome-mail.ts'

const seed = 20_261

/** Writes a list of customers as spreadsheets export it: byte order mark, CRLF, quotes where needed. The same list every time. */
export async function writeCustomers(file: string, count: number): Promise<void> {
  await pipeline(
    Readable.from(people(count)),
    stringify({ header: true, bom: true, record_delimiter: 'windows' }),
    createWriteStream(file),
  )
}

/** Reads the list as a stream: memory stays flat however long it is. */
export async function* readCustomers(file: string): AsyncGenerator<Customer> {
  const rows = createReadStream(file).pipe(parse({ columns: true, bom: true }))
  for await (const row of rows as AsyncIterable<Record<string, string>>) {
    yield {
      number: Number(row['Customer no.']),
      name: row.Name ?? '',
      to: row['E-mail']?.trim() ?? '',
      city: row.City ?? '',
    }
  }
}

function* people(count: number): Generator<Record<string, string>> {
  const fakers = [en, de, fr, es, pl, sv, cs_CZ, pt_BR, tr, vi, ja].map(
    (locale) => new Faker({ locale: [locale, en, base], seed }),
  )
  for (let number = 1; number <= count; number++) {
    const faker = fakers[number % fakers.length] as Faker
    const first = faker.person.firstName()
    const last = number % 41 === 0 ? `O'${faker.person.lastName()}` : faker.person.lastName()
    yield {
      'Customer no.': String(number),
      Name: nameOf(number, first, last),
      'E-mail': addressOf(number, first, last, faker.helpers.arrayElement(domains)),
      Company: number % 3 === 0 ? faker.company.name() : '',
      City: faker.location.city(),
    }
  }
}

const domains = ['example.com', 'mail.example.org', 'Post.Example.NET', 'my-company.example', 'xn--bcher-kva.example']

/** As people write their names into forms. */
function nameOf(number: number, first: string, last: string): string {
  if (number % 29 === 0) return `${last}, ${first}`
  if (number % 31 === 0) return `${first} "${first.slice(0, 3)}" ${last}`
  if (number % 37 === 0) return `${first} ${last} <3 & Family`
  return number % 43 === 0 ? `${first}  ${last}`.toUpperCase() : `${first} ${last}`
}

/** As people write their addresses: capitals, tags, apostrophes, and local parts of all the 64 characters that SMTP allows. */
function addressOf(number: number, first: string, last: string, domain: string): string {
  const plain = `${first}.${last}`
    .normalize('NFD')
    .replace(/[^A-Za-z.']/g, '')
    .replace(/^[.']+|[.']+$/g, '')
  const local = `${plain || 'customer'}${number % 5 === 0 ? '+shop' : ''}.${number}`
    .replace(/\.{2,}/g, '.')
    .toLowerCase()
  if (number % 97 === 0) return `${local.padStart(64, 'very-long-')}@${domain}`
  return number % 17 === 0 ? `${local}@${domain}`.toUpperCase() : `${local}@${domain}`
}
