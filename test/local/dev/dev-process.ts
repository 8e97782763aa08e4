// Started by run-dev.system.test.ts, as the command starts it: app module, then JSON of further options.
import { runDev } from '../../../shared/local/dev/index.ts'

const [file = '', more = '{}'] = process.argv.slice(2)
process.exitCode = await runDev({ app: { file }, ...(JSON.parse(more) as object) })
