import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { localRegion } from '../../localstack/account.ts'
import { startProcessGuard } from '../../localstack/process/process-guard.ts'
import { bundleWorker } from '../../shared/local/bundle.ts'
import { Workers } from '../../shared/local/workers.ts'
import type { Scene, WorkerProcesses } from './play-deaths.ts'

/** Functions, as startLocal() runs them. */
export async function startFunctions(scene: Scene): Promise<WorkerProcesses> {
  const { folder, closing, plan, wire, queueBaseUrl, variables, succeeded, problem } = scene
  const guard = startProcessGuard()
  closing.add(() => guard.close())
  const worker = fileURLToPath(new URL('./worker.ts', import.meta.url))
  const code = await bundleWorker({ entry: worker, folder: join(folder, 'bundle') })
  const workers = new Workers(
    plan,
    { code },
    {
      region: localRegion,
      queueBaseUrl,
      wire,
      guard,
      variables,
      concurrency: 4,
      onEvent: (event) => {
        if (event.type === 'succeeded') succeeded(event.id)
      },
      onLog: ({ text }) => problem(/"message":"([^"]+)"/.exec(text)?.[1] ?? text),
      onProblem: problem,
    },
  )
  closing.add(() => workers.stop())
  await workers.prove()
  workers.start()
  return workers
}
