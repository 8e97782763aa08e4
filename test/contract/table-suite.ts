import { describe } from 'vitest'
import { controlsContract } from './controls-suite.ts'
import { dueContract } from './due-suite.ts'
import { inputsContract } from './inputs-suite.ts'
import { recordListsContract } from './record-lists-suite.ts'
import { recordsContract } from './records-suite.ts'
import { schedulesContract } from './schedules-suite.ts'
import { statisticsContract } from './statistics-suite.ts'
import { sharedPlace, type TablePlace } from './table-place.ts'
import { ticksContract } from './ticks-suite.ts'

/** The suites of the ports that the table serves, on one place. */
export function tableContract(name: string, open: () => Promise<TablePlace>): void {
  describe(`the table's ports: ${name}`, () => {
    const place = sharedPlace(open)
    recordsContract(place)
    recordListsContract(place)
    inputsContract(place)
    statisticsContract(place)
    controlsContract(place)
    dueContract(place)
    schedulesContract(place)
    ticksContract(place)
  })
}
