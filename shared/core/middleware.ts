import type { TaskContext } from './context.ts'
import type { RunMiddleware } from './task.ts'

/**
 * Calls `run` inside the middlewares, the first one outermost.
 *
 * @returns what `run` returned; undefined if a middleware did not call it
 * @throws what `run` or a middleware threw, or an error if a middleware calls `next()` twice: the task would run twice
 */
export async function throughMiddlewares(
  middlewares: readonly RunMiddleware[],
  context: TaskContext,
  run: () => Promise<unknown>,
): Promise<unknown> {
  let output: unknown
  const enter = async (index: number): Promise<void> => {
    const middleware = middlewares[index]
    if (middleware === undefined) {
      output = await run()
      return
    }
    let called = false
    await middleware(context, () => {
      if (called)
        throw new Error('app.use: expected one call of next(), received a second one. The task would run twice.')
      called = true
      return enter(index + 1)
    })
  }
  await enter(0)
  return output
}
