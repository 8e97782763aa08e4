import { type AttributeValue, attributeOf, type Item, type KeyType, typeOf } from './attribute-value.ts'
import { invalidValues, validation } from './errors.ts'
import { MAX_PARTITION_KEY_BYTES, MAX_SORT_KEY_BYTES } from './limits.ts'
import type { RowKey } from './row.ts'
import { binaryBytes, textBytes } from './sizes.ts'
import { sortKeyText } from './sort-keys.ts'

export interface KeyAttribute {
  readonly name: string
  readonly type: KeyType
}

/** The key of a table or an index. */
export interface Keys {
  readonly partition: KeyAttribute
  readonly sort: KeyAttribute | undefined
}

export function keyAttributes({ partition, sort }: Keys): KeyAttribute[] {
  return sort === undefined ? [partition] : [partition, sort]
}

/** The key of an item in a table or an index; undefined when an index does not hold it, for want of a key or of one that fits. */
export function rowKeyOf({ partition, sort }: Keys, item: Item): RowKey | undefined {
  const partitionText = keyText(item, partition)
  if (partitionText === undefined) return undefined
  if (sort === undefined) return { partition: partitionText, sort: '' }
  const sortText = keyText(item, sort)
  return sortText === undefined ? undefined : { partition: partitionText, sort: sortText }
}

function keyText(item: Item, { name, type }: KeyAttribute): string | undefined {
  const value = attributeOf(item, name)
  return value?.[type] ? sortKeyText(value, type) : undefined
}

/**
 * The key of an item that is to be put.
 *
 * @throws DynamoDbError when an attribute of the key is missing, empty, too long or of another type
 */
export function keyOfNewItem(keys: Keys, item: Item): RowKey {
  for (const attribute of keyAttributes(keys)) {
    const value = attributeOf(item, attribute.name)
    if (value === undefined) throw invalidValues(`Missing the key ${attribute.name} in the item`)
    if (typeOf(value) !== attribute.type) {
      throw invalidValues(
        `Type mismatch for key ${attribute.name} expected: ${attribute.type} actual: ${typeOf(value)}`,
      )
    }
    checkKeyValue(keys, attribute, value)
  }
  return rowKeyOf(keys, item) as RowKey
}

/**
 * The key that a request names.
 *
 * @throws DynamoDbError when it has other attributes than the table's key, or an invalid value
 */
export function keyOfRequest(keys: Keys, key: Item): RowKey {
  const attributes = keyAttributes(keys)
  const fits =
    Object.keys(key).length === attributes.length &&
    attributes.every(({ name, type }) => {
      const value = attributeOf(key, name)
      return value !== undefined && typeOf(value) === type
    })
  if (!fits) throw validation('The provided key element does not match the schema')
  for (const attribute of attributes) checkKeyValue(keys, attribute, attributeOf(key, attribute.name) as AttributeValue)
  return rowKeyOf(keys, key) as RowKey
}

function checkKeyValue({ partition }: Keys, { name, type }: KeyAttribute, value: AttributeValue): void {
  checkNotEmpty(value, `Key: ${name}`)
  const bytes = keyBytes(value, type)
  if (name === partition.name) {
    if (bytes > MAX_PARTITION_KEY_BYTES) {
      throw invalidValues(`Size of hashkey has exceeded the maximum size limit of${MAX_PARTITION_KEY_BYTES} bytes`)
    }
  } else if (bytes > MAX_SORT_KEY_BYTES) {
    throw invalidValues(`Aggregated size of all range keys has exceeded the size limit of ${MAX_SORT_KEY_BYTES} bytes`)
  }
}

function checkNotEmpty(value: AttributeValue, where: string): void {
  if (value.S !== '' && value.B !== '') return
  const kind = value.S === '' ? 'string' : 'binary'
  throw validation(
    'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty ' +
      `${kind} value. ${where}`,
  )
}

/**
 * Checks the attributes that are keys of an index: where they are, they must fit it.
 *
 * @throws DynamoDbError for another type, an empty value, or one that is too long
 */
export function checkIndexKeys(indexName: string, keys: Keys, item: Item): void {
  for (const { name, type } of keyAttributes(keys)) {
    const value = attributeOf(item, name)
    if (value === undefined) continue
    if (typeOf(value) !== type) {
      throw invalidValues(
        `Type mismatch for Index Key ${name} Expected: ${type} Actual: ${typeOf(value)} IndexName: ${indexName}`,
      )
    }
    if (value.S === '' || value.B === '') {
      const kind = value.S === '' ? 'string' : 'binary'
      throw validation(
        'One or more parameter values are not valid. A value specified for a secondary index key is not supported. ' +
          `The AttributeValue for a key attribute cannot contain an empty ${kind} value. IndexName: ${indexName}, IndexKey: ${name}`,
      )
    }
    const limit = name === keys.partition.name ? MAX_PARTITION_KEY_BYTES : MAX_SORT_KEY_BYTES
    if (keyBytes(value, type) > limit) {
      throw invalidValues(
        name === keys.partition.name
          ? `Size of hashkey has exceeded the maximum size limit of${limit} bytes`
          : `Aggregated size of all range keys has exceeded the size limit of ${limit} bytes`,
      )
    }
  }
}

function keyBytes(value: AttributeValue, type: KeyType): number {
  if (type === 'S') return textBytes(value.S as string)
  return type === 'B' ? binaryBytes(value.B as string) : 0
}

/** The attributes of an item's key, alone. */
export function keyItem(keys: Keys, item: Item): Item {
  const key: Item = {}
  for (const { name } of keyAttributes(keys)) {
    const value = attributeOf(item, name)
    if (value !== undefined) key[name] = value
  }
  return key
}
