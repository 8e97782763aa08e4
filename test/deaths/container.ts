// Started by the test: works the queue until it is killed, and says which tasks succeeded.
import { startContainerWorker } from 'celeriac/container'
import { app } from './tasks.ts'

const ports = app.ports()
await startContainerWorker(app, {
  concurrency: 10,
  ports: {
    ...ports,
    telemetry: {
      event(event) {
        if (event.type === 'succeeded') process.stdout.write(`succeeded ${event.id}\n`)
      },
      log(level, message) {
        if (level !== 'debug') process.stderr.write(`${message}\n`)
      },
    },
  },
})
