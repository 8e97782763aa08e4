/**
 * Runs one task of the deployed example: a picture is painted, enqueued and made smaller by the function that the engine runs.
 *
 *     npx tsx localstack/try.ts [ministack|localstack]
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { targetEndpoint } from '../../localstack/engines/target.ts'
import { paintPictures } from './pictures.ts'
import { app, resize } from './tasks.ts'

const folder = await mkdtemp(join(tmpdir(), 'celeriac-try-'))
try {
  const endpoint = await targetEndpoint(process.argv[2])
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  app.connect({ endpoint, region: 'us-east-1', credentials })
  for await (const file of paintPictures(folder, 1)) {
    const handle = await resize.delay({ file, folder, widths: [120, 320, 640] })
    console.log(`enqueued  ${handle.id}`)
    for (const thumbnail of await handle.get({ timeout: '60s' })) {
      console.log(`result    ${thumbnail.file}: ${thumbnail.width} x ${thumbnail.height}`)
    }
    const { state, attempt, enqueuedAt, finishedAt } = await handle.info()
    const tookMs = (finishedAt?.getTime() ?? Number.NaN) - enqueuedAt.getTime()
    console.log(`${state}   attempt ${attempt}, ${tookMs} ms from the enqueue to the result`)
  }
  for (const { queue, waiting, inFlight, dead, counts } of await app.inspect.queues()) {
    const { succeeded = 0, failed = 0 } = counts
    console.log(
      `${queue.padEnd(9)} ${waiting} wait, ${inFlight} run, ${succeeded} succeeded, ${failed} failed, ${dead} dead`,
    )
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  app.close()
  await rm(folder, { recursive: true, force: true })
}
