import { describe } from 'vitest'
import { controlsContract } from './controls-suite.ts'
import { inputsContract } from './inputs-suite.ts'
import { recordListsContract } from './record-lists-suite.ts'
import { recordsContract } from './records-suite.ts'
import { statisticsContract } from './statistics-suite.ts'
import { sharedPlace, type TablePlace } from './table-place.ts'

/** The suites of the ports that the table serves, on one place. */
export function tableContract(name: string, open: () => Promise<TablePlace>): void {
  describe(`the table's ports: ${name}`, () => {
    const place = sharedPlace(open)
    recordsContract(place)
    recordListsContract(place)
    inputsContract(place)
    statisticsContract(place)
    controlsContract(place)
  })
}
