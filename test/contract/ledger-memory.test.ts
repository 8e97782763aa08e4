import { ledgerContract } from './ledger.ts'
import { memoryPlace } from './ledger-places.ts'

ledgerContract('memory', memoryPlace)
