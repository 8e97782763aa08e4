import { checkedNewName } from './context.ts'
import { invalidValues, validation } from './errors.ts'
import {
  atLeast,
  constraint,
  type Input,
  integer,
  missing,
  oneOf,
  structure,
  structures,
  text,
  texts,
} from './input.ts'
import { MAX_GLOBAL_INDEXES, MAX_LOCAL_INDEXES } from './limits.ts'
import type {
  AttributeDefinition,
  BillingMode,
  IndexDefinition,
  KeySchemaElement,
  Projection,
  Throughput,
} from './table-types.ts'

// Parts of the inputs of CreateTable and UpdateTable.

export function definitionsIn(input: Input): AttributeDefinition[] | undefined {
  return structures(input, 'AttributeDefinitions')?.map((each, index) => {
    const path = `attributeDefinitions.${index + 1}.member`
    const AttributeName = text(each, 'AttributeName')
    if (AttributeName === undefined) throw missing(`${path}.attributeName`)
    const AttributeType = oneOf(each, 'AttributeType', ['B', 'N', 'S'] as const, `${path}.attributeType`)
    if (AttributeType === undefined) throw missing(`${path}.attributeType`)
    return { AttributeName, AttributeType }
  })
}

export function keySchemaIn(input: Input, path = 'keySchema'): KeySchemaElement[] {
  const elements = structures(input, 'KeySchema')
  if (elements === undefined) throw missing(path)
  const schema = elements.map((each, index): KeySchemaElement => {
    const AttributeName = text(each, 'AttributeName')
    if (AttributeName === undefined) throw missing(`${path}.${index + 1}.member.attributeName`)
    const KeyType = oneOf(each, 'KeyType', ['HASH', 'RANGE'] as const, `${path}.${index + 1}.member.keyType`)
    if (KeyType === undefined) throw missing(`${path}.${index + 1}.member.keyType`)
    return { AttributeName, KeyType }
  })
  if (schema.length === 0) throw constraint('[]', path, 'Member must have length greater than or equal to 1')
  if (schema.length > 2) {
    if (path !== 'keySchema') {
      throw validation('Keys of more than one partition or sort attribute are not supported by this engine.')
    }
    throw constraint('[...]', path, 'Member must have length less than or equal to 2')
  }
  if (schema[0]?.KeyType !== 'HASH') {
    throw validation('Invalid KeySchema: The first KeySchemaElement is not a HASH key type')
  }
  if (schema.length === 2 && schema[1]?.KeyType !== 'RANGE') {
    throw validation('Invalid KeySchema: The second KeySchemaElement is not a RANGE key type')
  }
  if (schema.length === 2 && schema[0].AttributeName === schema[1]?.AttributeName) {
    throw validation('Both the Hash Key and the Range Key element in the KeySchema have the same name')
  }
  return schema
}

export function throughputIn(input: Input, path = 'provisionedThroughput'): Throughput | undefined {
  const given = structure(input, 'ProvisionedThroughput')
  if (given === undefined) return undefined
  const [read, write] = [integer(given, 'ReadCapacityUnits'), integer(given, 'WriteCapacityUnits')]
  if (read === undefined) throw missing(`${path}.readCapacityUnits`)
  if (write === undefined) throw missing(`${path}.writeCapacityUnits`)
  atLeast(read, 1, `${path}.readCapacityUnits`)
  atLeast(write, 1, `${path}.writeCapacityUnits`)
  return { ReadCapacityUnits: read, WriteCapacityUnits: write }
}

export function indexIn(input: Input, path: string): IndexDefinition {
  const name = text(input, 'IndexName')
  if (name === undefined) throw missing(`${path}.indexName`)
  const definition: IndexDefinition = {
    IndexName: checkedNewName(name, `${path}.indexName`),
    KeySchema: keySchemaIn(input, `${path}.keySchema`),
    Projection: projectionIn(input, path),
  }
  const throughput = throughputIn(input, `${path}.provisionedThroughput`)
  return throughput === undefined ? definition : { ...definition, ProvisionedThroughput: throughput }
}

function projectionIn(input: Input, path: string): Projection {
  const given = structure(input, 'Projection')
  if (given === undefined) throw missing(`${path}.projection`)
  const type = oneOf(
    given,
    'ProjectionType',
    ['ALL', 'INCLUDE', 'KEYS_ONLY'] as const,
    `${path}.projection.projectionType`,
  )
  if (type === undefined) throw invalidValues('Unknown ProjectionType: null')
  const others = texts(given, 'NonKeyAttributes')
  if (type !== 'INCLUDE') {
    if (others !== undefined) throw invalidValues(`ProjectionType is ${type}, but NonKeyAttributes is specified`)
    return { ProjectionType: type }
  }
  if (others === undefined) throw invalidValues('ProjectionType is INCLUDE, but NonKeyAttributes is not specified')
  return { ProjectionType: type, NonKeyAttributes: [...others] }
}

export interface Shape {
  readonly definitions: readonly AttributeDefinition[]
  readonly keySchema: readonly KeySchemaElement[]
  readonly globalIndexes: readonly IndexDefinition[]
  readonly localIndexes: readonly IndexDefinition[]
  readonly billing: BillingMode
}

/** Checks that keys, indexes and attribute definitions belong together. */
export function checkShape({ definitions, keySchema, globalIndexes, localIndexes, billing }: Shape): void {
  const defined = new Set(definitions.map(({ AttributeName }) => AttributeName))
  if (defined.size < definitions.length) {
    const names = definitions.map(({ AttributeName }) => AttributeName)
    const twice = names.find((name, index) => names.indexOf(name) !== index)
    throw invalidValues(`Duplicate AttributeName in AttributeDefinitions: ${twice}`)
  }
  const indexes = [...localIndexes, ...globalIndexes]
  const used = new Set([keySchema, ...indexes.map(({ KeySchema }) => KeySchema)].flat().map((key) => key.AttributeName))
  const undefinedKeys = [...used].filter((name) => !defined.has(name))
  if (undefinedKeys.length > 0) {
    throw invalidValues(
      `Some index key attributes are not defined in AttributeDefinitions. Keys: [${undefinedKeys.join(', ')}], AttributeDefinitions: [${[...defined].join(', ')}]`,
    )
  }
  if (defined.size > used.size) {
    throw invalidValues(
      `Some AttributeDefinitions are not used. AttributeDefinitions: [${[...defined].join(', ')}], keys used: [${[...used].join(', ')}]`,
    )
  }
  const names = indexes.map(({ IndexName }) => IndexName)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw invalidValues(`Duplicate index name: ${twice}`)
  if (globalIndexes.length > MAX_GLOBAL_INDEXES) {
    throw invalidValues('GlobalSecondaryIndex count exceeds the per-table limit of 20')
  }
  if (localIndexes.length > MAX_LOCAL_INDEXES) {
    throw invalidValues('Number of LocalSecondaryIndexes exceeds per-table limit of 5')
  }
  for (const { IndexName, KeySchema } of localIndexes) checkLocalIndex(IndexName, KeySchema, keySchema)
  for (const { IndexName, ProvisionedThroughput } of globalIndexes) {
    if (billing === 'PROVISIONED' && ProvisionedThroughput === undefined) {
      throw invalidValues(`ProvisionedThroughput must be specified for index: ${IndexName}`)
    }
    if (billing === 'PAY_PER_REQUEST' && ProvisionedThroughput !== undefined) {
      throw invalidValues(
        `ProvisionedThroughput should not be specified for index: ${IndexName} when BillingMode is PAY_PER_REQUEST`,
      )
    }
  }
}

function checkLocalIndex(name: string, schema: readonly KeySchemaElement[], table: readonly KeySchemaElement[]): void {
  if (table.length < 2) {
    throw invalidValues(
      'Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex',
    )
  }
  if (schema.length < 2) throw invalidValues(`Index KeySchema does not have a range key for index: ${name}`)
  if (schema[0]?.AttributeName !== table[0]?.AttributeName) {
    throw invalidValues(
      `Index KeySchema does not have the same leading hash key as table KeySchema for index: ${name}. index hash key: ${schema[0]?.AttributeName}, table hash key: ${table[0]?.AttributeName}`,
    )
  }
}
