import { memoryPlace } from './table-places.ts'
import { tableContract } from './table-suite.ts'

tableContract('memory', memoryPlace)
