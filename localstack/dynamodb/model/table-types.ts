// Parts of CreateTable's input and of descriptions, spelled as the API spells them.

export interface AttributeDefinition {
  AttributeName: string
  AttributeType: 'S' | 'N' | 'B'
}

export interface KeySchemaElement {
  AttributeName: string
  KeyType: 'HASH' | 'RANGE'
}

export interface Projection {
  ProjectionType: 'ALL' | 'KEYS_ONLY' | 'INCLUDE'
  NonKeyAttributes?: string[]
}

export interface Throughput {
  ReadCapacityUnits: number
  WriteCapacityUnits: number
}

export interface IndexDefinition {
  IndexName: string
  KeySchema: KeySchemaElement[]
  Projection: Projection
  ProvisionedThroughput?: Throughput
}

export type BillingMode = 'PROVISIONED' | 'PAY_PER_REQUEST'

export interface Tag {
  Key: string
  Value: string
}

/** All of a table but its items, as data: what a log keeps of it. */
export interface TableRecord {
  name: string
  id: string
  createdAt: number
  definitions: AttributeDefinition[]
  keySchema: KeySchemaElement[]
  globalIndexes: IndexDefinition[]
  localIndexes: IndexDefinition[]
  billing: BillingMode
  throughput: Throughput
  tableClass?: string
  deletionProtection?: boolean
  /** SSESpecification, StreamSpecification, OnDemandThroughput and the like: kept and shown. */
  settings: Record<string, unknown>
  ttlAttribute?: string
  pointInTimeRecovery?: boolean
  recoveryPeriodDays?: number
  tags: Tag[]
}
